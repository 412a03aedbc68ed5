namespace P2PShare.Engine.Transfers;

/// <summary>
/// With how many neighbours a transfer keeps channels by its own doing. Few are as good as many where peers are alike: a
/// link costs a handshake, and every piece a message to each. Many are better where each is slow; so a transfer that
/// has long to go tries a few more now and then, and goes on while that pays; one that stands still tries more at once,
/// for the few it has may all wait for the same. Used by one thread.
/// </summary>
internal sealed class NeighbourGoal(TimeProvider time)
{
    /// <summary>
    /// Neighbours to begin with. About as many choose this one in their turn: where all begin at once each has eight, through
    /// whom pieces soon come to everybody.
    /// </summary>
    public const int Initial = 4;

    /// <summary>The most neighbours.</summary>
    public const int Most = Transfer.MaxNeighbours;

    /// <summary>How long a number of neighbours is tried.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>How long the first is tried: whether a transfer has long to go is known by then.</summary>
    public static readonly TimeSpan FirstInterval = TimeSpan.FromSeconds(3);

    /// <summary>How long it is tried when nothing comes.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private const int Step = 4;
    private const double Gain = 1.1;

    // Who is done sooner has nothing of more neighbours.
    private static readonly TimeSpan LongToGo = TimeSpan.FromSeconds(10);

    private long _since = time.GetTimestamp();
    private long? _rateBefore;
    private bool _hasPaid = true;

    /// <summary>The number of neighbours to have.</summary>
    public int Count { get; private set; } = Initial;

    /// <summary>Looks, now and then, whether more would be better.</summary>
    /// <param name="connected">Neighbours there are.</param>
    /// <param name="rate">Bytes per second received from all; 0 when it stands still.</param>
    /// <param name="missing">Bytes still to be received; null while not known.</param>
    public void Update(int connected, long rate, long? missing)
    {
        if (Count >= Most || connected < Count || time.GetElapsedTime(_since) < Wait(rate)) return;
        _since = time.GetTimestamp();
        if (rate > 0)
        {
            if (missing is null || missing < rate * LongToGo.TotalSeconds) return;
            if (_rateBefore is { } before) _hasPaid = rate >= before * Gain;
            _rateBefore = rate;
            if (!_hasPaid) return;
        }

        Count = Math.Min(Most, Count + Step);
    }

    private TimeSpan Wait(long rate) => rate == 0 ? Patience : _rateBefore is null ? FirstInterval : Interval;
}
