namespace P2PShare.Engine.Transfers;

/// <summary>What all transfers of a process share: time, chance, memory, budgets, limits and hashing threads.</summary>
internal sealed class TransferResources
{
    /// <summary>16 MiB asked for and not here yet: 1 Gbit/s over 130 ms.</summary>
    public const long DefaultOutstanding = 16L << 20;

    public required TimeProvider Time { get; init; }

    /// <summary>Breaks ties; see <see cref="NextRandom"/>.</summary>
    public required Random Random { get; init; }

    /// <summary>The local peer, as snapshots name it.</summary>
    public string LocalPeerId { get; init; } = "";

    public required IHashQueue Hashing { get; init; }

    public PieceBufferPool Buffers { get; init; } = new();

    public ByteBudget Outstanding { get; init; } = new(DefaultOutstanding);

    public required RateLimiter DownloadLimit
    {
        get;
        init
        {
            field = value;
            DownloadPacer = new RatePacer(value, static transfer => transfer.RequestInTurn());
        }
    }

    public required RateLimiter UploadLimit
    {
        get;
        init
        {
            field = value;
            UploadPacer = new RatePacer(value, static transfer => transfer.AnswerInTurn());
        }
    }

    /// <summary>Whose turn it is under <see cref="DownloadLimit"/>.</summary>
    public RatePacer DownloadPacer { get; private init; } = null!;

    /// <summary>Whose turn it is under <see cref="UploadLimit"/>.</summary>
    public RatePacer UploadPacer { get; private init; } = null!;

    /// <summary>A generator for one transfer: they are not safe for several threads.</summary>
    public Random NextRandom()
    {
        lock (Random) return new Random(Random.Next());
    }
}
