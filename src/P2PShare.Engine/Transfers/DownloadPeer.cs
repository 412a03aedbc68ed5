using System.Runtime.InteropServices;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>One peer as the <see cref="DownloadQueue"/> sees it: what it has and what it was asked for. Guarded by the queue's gate.</summary>
internal sealed class DownloadPeer(object owner, TimeProvider time)
{
    // Blocks per second of a peer that has brought too little to tell: its silence will tell.
    private const double UnknownRate = 1000;

    // 2 MiB/s, in blocks of 16 KiB, from which on it is asked for long blocks: each is here within a thirtieth of a second.
    private const double LongBlockRate = 128;

    /// <summary>Key: piece and begin.</summary>
    private readonly Dictionary<ulong, Requested> _requests = [];

    private HashSet<int>? _refused;

    /// <summary>Whose side this is.</summary>
    public object Owner { get; } = owner;

    public PipelineSizer Pipeline { get; } = new(time);

    /// <summary>What it has; null while it has not said so.</summary>
    public Bitfield? Have { get; set; }

    /// <summary>Whether it came as a seed and is therefore in no piece's availability.</summary>
    public bool CountedAsSeed { get; set; }

    /// <summary>Whether it answers no requests.</summary>
    public bool IsChoking { get; set; } = true;

    /// <summary>Whether every request gets a reply, cancelled ones too (BEP 6).</summary>
    public bool RepliesAlways { get; set; } = true;

    /// <summary>Whether nothing is taken from it any more: it sent what was not true.</summary>
    public bool IsBarred { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>Whether it has been silent for so long that its blocks were given to others.</summary>
    public bool IsSnubbed { get; set; }

    /// <summary>Whether it answers requests of more than the 16 KiB that all clients take: a member of the swarm does.</summary>
    public bool TakesLongBlocks { get; set; }

    /// <summary>The blocks, in bytes, of the pieces it is asked for: the longer they are the less there is to do for each byte, and the later they are here.</summary>
    public int BlockSize => TakesLongBlocks && Pipeline.Rate >= LongBlockRate ? ActivePiece.LongBlockSize : BlockRequest.BlockSize;

    /// <summary>Pieces it has and we want and don't have.</summary>
    public int Interesting { get; set; }

    /// <summary>What it was asked for and is still wanted, in blocks of 16 KiB.</summary>
    public int Live
    {
        get;
        private set
        {
            if (value == 0 && field > 0) Pipeline.Pause();
            field = value;
        }
    }

    /// <summary>All requests without a reply.</summary>
    public int Outstanding => _requests.Count;

    /// <summary>Whether it was asked for less than it could have been, because memory, budget or rate did not allow more.</summary>
    public bool IsStarved { get; set; }

    /// <summary>The piece it is asked for, -1 for none.</summary>
    public int CurrentPiece { get; set; } = -1;

    /// <summary>The block its reader is filling.</summary>
    public ActivePiece? Arriving { get; set; }

    public int ArrivingBlock { get; set; }

    /// <summary>When its last block came, or the first request after a pause was made.</summary>
    public long ActiveAt { get; set; } = time.GetTimestamp();

    /// <summary>When it was last looked for blocks that others are slow to bring.</summary>
    public long RelievedAt { get; set; }

    public int Depth => IsSnubbed ? 1 : Pipeline.Depth;

    /// <summary>Seconds until it will have brought what it is asked for and so many blocks more, by its rate and its silence.</summary>
    public double ExpectedWait(int more, long now)
    {
        var rate = Pipeline.Rate > 0 ? Pipeline.Rate : UnknownRate;
        var silence = Live == 0 ? 0 : time.GetElapsedTime(ActiveAt, now).TotalSeconds;
        return IsSnubbed ? double.MaxValue : Math.Max((Live + more) / rate, silence);
    }

    /// <summary>How many blocks of 16 KiB so many bytes are; a shorter one, at a file's end, counts as one.</summary>
    public static int CountOf(int length) => (length - 1) / BlockRequest.BlockSize + 1;

    public bool Has(int piece) => Have is { } have && have[piece];

    /// <summary>Whether it may be asked for a piece.</summary>
    public bool CanServe(int piece) => Has(piece) && _refused?.Contains(piece) != true;

    /// <summary>It rejected a request though it was not choking: it is not asked for that piece again for a while.</summary>
    public void Refuse(int piece)
    {
        _refused ??= [];
        if (_refused.Count < 4096) _refused.Add(piece);
    }

    public void ForgetRefusals() => _refused?.Clear();

    public bool HasRefusals => _refused is { Count: > 0 };

    public bool HasRequested(int piece, int begin) => _requests.ContainsKey(Key(piece, begin));

    public void AddRequest(in BlockRequest request)
    {
        if (Live == 0)
        {
            ActiveAt = time.GetTimestamp();
            Pipeline.Resume();
        }

        ref var requested = ref CollectionsMarshal.GetValueRefOrAddDefault(_requests, Key(request.Piece, request.Begin), out _);
        if (requested.IsWanted) Live -= CountOf(requested.Length);
        requested = new Requested(request.Length, true);
        Live += CountOf(request.Length);
    }

    /// <summary>Its reply is here.</summary>
    /// <param name="length">The bytes it was asked for.</param>
    /// <param name="live">Whether they are still wanted of it.</param>
    /// <returns>False when it was not asked for that.</returns>
    public bool RemoveRequest(int piece, int begin, out int length, out bool live)
    {
        var found = _requests.Remove(Key(piece, begin), out var requested);
        (length, live) = (requested.Length, requested.IsWanted);
        if (live) Live -= CountOf(length);
        return found;
    }

    /// <summary>The block is not wanted of it any more; its reply, if there will be one, is still awaited.</summary>
    public bool Disown(int piece, int begin)
    {
        if (!RepliesAlways) return RemoveRequest(piece, begin, out _, out var wasLive) && wasLive;
        ref var requested = ref CollectionsMarshal.GetValueRefOrNullRef(_requests, Key(piece, begin));
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref requested) || !requested.IsWanted) return false;
        requested = requested with { IsWanted = false };
        Live -= CountOf(requested.Length);
        return true;
    }

    /// <summary>Takes all requests back; the caller gets those whose blocks were still wanted.</summary>
    /// <param name="keepAwaiting">Whether replies to them may still come (BEP 6: they do).</param>
    public List<BlockRequest> TakeLive(bool keepAwaiting)
    {
        var taken = new List<BlockRequest>(_requests.Count);
        foreach (var (key, requested) in _requests)
        {
            if (requested.IsWanted) taken.Add(new BlockRequest((int)(key >> 32), (int)(uint)key, requested.Length));
        }

        if (keepAwaiting)
        {
            foreach (var request in taken) Disown(request.Piece, request.Begin);
        }
        else
        {
            _requests.Clear();
        }

        Live = 0;
        return taken;
    }

    private static ulong Key(int piece, int begin) => (ulong)(uint)piece << 32 | (uint)begin;

    /// <param name="Length">Bytes.</param>
    /// <param name="IsWanted">Whether the block is still wanted of this peer; if not, only its reply is awaited.</param>
    private readonly record struct Requested(int Length, bool IsWanted);
}
