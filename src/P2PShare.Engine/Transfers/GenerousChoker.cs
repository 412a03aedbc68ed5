namespace P2PShare.Engine.Transfers;

/// <summary>
/// Serves everybody up to a bound, and with more than that takes turns: those who waited longest come in for those who
/// take nothing and those who were served longest, a quarter of the slots at a time. Between members of a swarm nobody
/// has to earn anything. The bound follows the throughput: more slots while the line has room, fewer when it is full
/// and each of them gets too little of it to pass a piece on soon.
/// </summary>
internal sealed class GenerousChoker(TimeProvider time, int fewest = GenerousChoker.FewestSwarmSlots, int most = GenerousChoker.SwarmSlots) : IChoker
{
    public const int FewestSwarmSlots = 4;

    public const int SwarmSlots = 16;

    public const int ForeignSlots = 8;

    // Bytes per second of a slot, below which a full line is shared among fewer, and above which among more.
    private const double ScantRate = 64 * 1024;
    private const double AmpleRate = 4 * ScantRate;

    private readonly int _most = most;
    private long _chosenAt = time.GetTimestamp();

    public int Slots { get; private set; } = most;

    public TimeSpan Interval { get; } = TimeSpan.FromSeconds(2);

    public IReadOnlyList<PeerSession> Choose(List<PeerSession> interested, long now)
    {
        Adapt(interested, now);
        if (interested.Count <= Slots) return interested;
        var served = interested.Where(static session => !session.AmChoking)
            .OrderByDescending(static session => session.SentInTurn > 0)
            .ThenByDescending(static session => session.ChokeChangedAt).ToList();
        var waiting = interested.Where(static session => session.AmChoking).OrderBy(static session => session.ChokeChangedAt);
        var kept = Math.Min(served.Count, Slots - Math.Max(1, Slots / 4));
        return [.. served.Take(kept), .. waiting.Concat(served.Skip(kept)).Take(Slots - kept)];
    }

    private void Adapt(List<PeerSession> interested, long now)
    {
        var seconds = time.GetElapsedTime(_chosenAt, now).TotalSeconds;
        _chosenAt = now;
        int served = 0, backlogged = 0;
        long bytes = 0;
        foreach (var session in interested)
        {
            session.EndTurn();
            if (session.AmChoking) continue;
            served++;
            bytes += session.SentInTurn;
            if (session.QueuedAnswers > 0) backlogged++;
        }

        if (served == 0 || seconds <= 0) return;
        var each = bytes / seconds / served;
        var isFull = 2 * backlogged > served;
        if (!isFull || each > AmpleRate) Slots = Math.Min(_most, Slots + 2);
        else if (each < ScantRate && served >= Slots) Slots = Math.Max(fewest, Slots - 1);
    }
}
