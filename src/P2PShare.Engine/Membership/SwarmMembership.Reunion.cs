using P2PShare.Engine.Errors;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Membership;

// Peers that are away are looked for: so the halves of a swarm that was cut in two find each other.
internal sealed partial class SwarmMembership
{
    private const int MaxReunions = 2048;
    private const int ReunionsAtOnce = 8;
    private const int ReunionsPerTick = 2;

    // Who said goodbye comes back by itself, if it remembers where to.
    private static readonly TimeSpan FarewellDelay = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FirstReunionDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestReunionDelay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ReunionTimeout = TimeSpan.FromSeconds(10);

    private readonly Dictionary<PeerId, Reunion> _reunions = [];
    private int _reunionsUnderWay;

    /// <summary>Lets a peer be dialled again and again, at growing intervals, until it is in the roster.</summary>
    /// <param name="soon">Whether it was one that others follow, so that finding it matters at once.</param>
    /// <param name="hasResigned">Whether it said goodbye.</param>
    private void SeekAgain(PeerId peer, bool soon, bool hasResigned = false)
    {
        if (peer == _self || _reunions.Count >= MaxReunions) return;
        var delay = hasResigned ? Jittered(FarewellDelay) : soon ? TimeSpan.Zero : Jittered(FirstReunionDelay);
        if (_reunions.TryAdd(peer, new Reunion { Last = _time.GetTimestamp(), Delay = delay }) && delay == TimeSpan.Zero) SeekOthers();
    }

    // What the coordinator before looked for, its successor does.
    private void SeekAbsent()
    {
        foreach (var entry in _roster.Entries.Where(entry => !entry.IsPresent).ToList()) SeekAgain(entry.Peer, soon: false, hasResigned: true);
    }

    private void SeekOthers()
    {
        // A member leaves that to its coordinator.
        if (!IsCoordinator || _joining is not null) return;
        var budget = ReunionsPerTick;
        foreach (var (peer, reunion) in _reunions.OrderBy(pair => pair.Value.Last).ToList())
        {
            if (budget == 0 || _reunionsUnderWay >= ReunionsAtOnce) return;
            if (_roster.IsPresent(peer)) _reunions.Remove(peer);
            else if (!reunion.IsUnderWay && _time.GetElapsedTime(reunion.Last) >= reunion.Delay)
            {
                budget--;
                _reunionsUnderWay++;
                reunion.IsUnderWay = true;
                _ = SeekAsync(peer, reunion);
            }
        }
    }

    private async Task SeekAsync(PeerId peer, Reunion reunion)
    {
        try
        {
            using var timeout = new CancellationTokenSource(ReunionTimeout, _time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop, timeout.Token);
            foreach (var address in ((ITransportEvents)this).AddressesOf(peer))
            {
                try
                {
                    if (_transport.FindLink(peer) is null) await _transport.DialAsync(Addresses.Parse(address), peer, limit.Token).ConfigureAwait(false);
                    break;
                }
                catch (P2PShareException)
                {
                    // The next address may do; if none does, later again.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Too slow, or the peer is stopping.
        }

        Post(() =>
        {
            _reunionsUnderWay--;
            reunion.IsUnderWay = false;
            reunion.Last = _time.GetTimestamp();
            var grown = reunion.Delay < FirstReunionDelay ? FirstReunionDelay : reunion.Delay * 1.6;
            // However many are away, about one a second is tried.
            var longest = TimeSpan.FromSeconds(Math.Max(LongestReunionDelay.TotalSeconds, _reunions.Count));
            reunion.Delay = Jittered(grown < longest ? grown : longest);
        });
    }

    private TimeSpan Jittered(TimeSpan delay) => delay * (0.8 + 0.4 * _random.NextDouble());

    private sealed class Reunion
    {
        public bool IsUnderWay { get; set; }

        public long Last { get; set; }

        public TimeSpan Delay { get; set; }
    }
}
