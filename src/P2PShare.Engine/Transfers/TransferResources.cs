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

    public required RateLimiter DownloadLimit { get; init; }

    public required RateLimiter UploadLimit { get; init; }

    /// <summary>A generator for one transfer: they are not safe for several threads.</summary>
    public Random NextRandom()
    {
        lock (Random) return new Random(Random.Next());
    }
}
