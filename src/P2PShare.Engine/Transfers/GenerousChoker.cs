namespace P2PShare.Engine.Transfers;

/// <summary>
/// Serves everybody up to a bound, and with more than that takes turns: those who waited longest come in for those who
/// were served longest, a quarter of the slots at a time. Between members of a swarm nobody has to earn anything.
/// </summary>
internal sealed class GenerousChoker(int slots = GenerousChoker.SwarmSlots) : IChoker
{
    public const int SwarmSlots = 16;

    public const int ForeignSlots = 8;

    public int Slots { get; } = slots;

    public TimeSpan Interval { get; } = TimeSpan.FromSeconds(2);

    public IReadOnlyList<PeerSession> Choose(List<PeerSession> interested, long now)
    {
        if (interested.Count <= Slots) return interested;
        var served = interested.Where(static session => !session.AmChoking).OrderByDescending(static session => session.ChokeChangedAt).ToList();
        var waiting = interested.Where(static session => session.AmChoking).OrderBy(static session => session.ChokeChangedAt);
        var kept = Math.Min(served.Count, Slots - Math.Max(1, Slots / 4));
        return [.. served.Take(kept), .. waiting.Concat(served.Skip(kept)).Take(Slots - kept)];
    }
}
