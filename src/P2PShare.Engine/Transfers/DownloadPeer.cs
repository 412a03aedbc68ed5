using System.Runtime.InteropServices;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>One peer as the <see cref="DownloadQueue"/> sees it: what it has and what it was asked for. Guarded by the queue's gate.</summary>
internal sealed class DownloadPeer(object owner, TimeProvider time)
{
    // Blocks per second of a peer that has brought too little to tell: its silence will tell.
    private const double UnknownRate = 1000;

    /// <summary>Key: piece and begin. Value: whether the block is still wanted of this peer; if not, only its reply is awaited.</summary>
    private readonly Dictionary<ulong, bool> _requests = [];

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

    /// <summary>Pieces it has and we want and don't have.</summary>
    public int Interesting { get; set; }

    /// <summary>Requests whose blocks are still wanted.</summary>
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

    public void AddRequest(int piece, int begin)
    {
        if (Live == 0)
        {
            ActiveAt = time.GetTimestamp();
            Pipeline.Resume();
        }

        ref var live = ref CollectionsMarshal.GetValueRefOrAddDefault(_requests, Key(piece, begin), out _);
        if (!live) Live++;
        live = true;
    }

    /// <summary>Its reply is here.</summary>
    /// <returns>False when it was not asked for that.</returns>
    public bool RemoveRequest(int piece, int begin, out bool live)
    {
        if (!_requests.Remove(Key(piece, begin), out live)) return false;
        if (live) Live--;
        return true;
    }

    /// <summary>The block is not wanted of it any more; its reply, if there will be one, is still awaited.</summary>
    public bool Disown(int piece, int begin)
    {
        if (!RepliesAlways) return RemoveRequest(piece, begin, out var wasLive) && wasLive;
        ref var live = ref CollectionsMarshal.GetValueRefOrNullRef(_requests, Key(piece, begin));
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref live) || !live) return false;
        live = false;
        Live--;
        return true;
    }

    /// <summary>Takes all requests back; the caller gets those whose blocks were still wanted.</summary>
    /// <param name="keepAwaiting">Whether replies to them may still come (BEP 6: they do).</param>
    public List<(int Piece, int Begin)> TakeLive(bool keepAwaiting)
    {
        var taken = new List<(int, int)>(Live);
        foreach (var (key, live) in _requests)
        {
            if (live) taken.Add(((int)(key >> 32), (int)(uint)key));
        }

        if (keepAwaiting)
        {
            foreach (var (piece, begin) in taken) Disown(piece, begin);
        }
        else
        {
            _requests.Clear();
        }

        Live = 0;
        return taken;
    }

    private static ulong Key(int piece, int begin) => (ulong)(uint)piece << 32 | (uint)begin;
}
