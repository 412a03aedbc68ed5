using P2PShare.Engine.Errors;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;

namespace P2PShare.Engine.Membership;

// Who could take over: the coordinator dials members back, and members keep a link to the first deputy.
internal sealed partial class SwarmMembership
{
    // The deputies, and as many who are known to be able to take their place.
    private const int EligibleWanted = 2 * Roster.DeputyCount;
    private const int ProbesAtOnce = 2;
    private const int FailuresBeforeReport = 2;

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstProbeDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestProbeDelay = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestStandingDelay = TimeSpan.FromMinutes(1);

    private readonly Dictionary<PeerId, Probe> _probes = [];
    private readonly Dictionary<PeerId, HashSet<PeerId>> _reports = [];
    private int _probesUnderWay;
    private PeerId? _standing;
    private long _standingSince;
    private TimeSpan _standingDelay;
    private int _standingFailures;
    private bool _standingUnderWay;

    /// <summary>Over how long the moves of a swarm of this size are spread, so that nobody meets all handshakes at once.</summary>
    private TimeSpan Spread => TimeSpan.FromMilliseconds(Math.Min(10_000, 5.0 * Math.Max(0, _roster.PresentCount - 10)));

    private void MaintainDeputies()
    {
        if (!IsCoordinator || _roster.PresentCount < 2) return;
        foreach (var gone in _probes.Keys.Where(peer => !_roster.IsPresent(peer)).ToList())
        {
            _probes.Remove(gone);
            _reports.Remove(gone);
        }

        foreach (var peer in _roster.Eligible.ToList())
            if (peer != _self) ProbeWhenDue(peer);
        if (_roster.EligibleCount >= EligibleWanted || _probesUnderWay >= ProbesAtOnce) return;
        var candidates = _roster.Entries
            .Where(entry => entry is { IsPresent: true, IsDialable: false } && entry.Peer != _self && IsDue(entry.Peer))
            .ToList();
        candidates.Sort(Roster.CompareSeniority);
        foreach (var candidate in candidates)
        {
            if (_roster.EligibleCount + _probesUnderWay >= EligibleWanted || _probesUnderWay >= ProbesAtOnce) return;
            if (!MayCoordinate(candidate.Peer)) continue;
            // A link that this peer dialled itself is proof enough.
            if (!_probes.ContainsKey(candidate.Peer) && _transport.FindLink(candidate.Peer) is { Identity.Dialled: true }) OnProbed(candidate.Peer, isDialable: true);
            else ProbeWhenDue(candidate.Peer);
        }
    }

    private bool MayCoordinate(PeerId peer) => _store.FindPeer(peer)?.Details.Roles.HasFlag(PeerRoles.MayCoordinate) == true;

    private bool IsDue(PeerId peer) => !_probes.TryGetValue(peer, out var probe) || (!probe.IsUnderWay && _time.GetElapsedTime(probe.Last) >= probe.Delay);

    private void ProbeWhenDue(PeerId peer)
    {
        if (!IsDue(peer)) return;
        if (!_probes.TryGetValue(peer, out var probe)) _probes.Add(peer, probe = new Probe());
        probe.IsUnderWay = true;
        _probesUnderWay++;
        _ = ProbeAsync(peer);
    }

    private async Task ProbeAsync(PeerId peer)
    {
        var isDialable = false;
        try
        {
            using var timeout = new CancellationTokenSource(ProbeTimeout, _time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop, timeout.Token);
            isDialable = await _transport.ProbeAsync(peer, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Too slow, or the peer is stopping.
        }

        Post(() =>
        {
            _probesUnderWay--;
            OnProbed(peer, isDialable);
        });
    }

    private void OnProbed(PeerId peer, bool isDialable)
    {
        if (!_probes.TryGetValue(peer, out var probe))
        {
            if (!IsCoordinator || !_roster.IsPresent(peer)) return;
            _probes.Add(peer, probe = new Probe());
        }

        probe.IsUnderWay = false;
        probe.Last = _time.GetTimestamp();
        if (isDialable)
        {
            probe.Failures = 0;
            probe.Delay = ProbeInterval * (0.8 + 0.4 * _random.NextDouble());
            Declare(peer, isDialable: true);
            return;
        }

        probe.Failures++;
        // Once is chance; a deputy that fails twice loses its place.
        var secondChance = probe.Failures == 1 && _roster.IsEligible(peer);
        if (!secondChance) Demote(peer, probe);
        else probe.Delay = Heartbeat;
    }

    private void Demote(PeerId peer, Probe probe)
    {
        probe.Last = _time.GetTimestamp();
        var grown = FirstProbeDelay * Math.Pow(2, Math.Min(probe.Failures, 10));
        probe.Delay = (grown < LongestProbeDelay ? grown : LongestProbeDelay) * (0.8 + 0.4 * _random.NextDouble());
        Declare(peer, isDialable: false);
    }

    private void Declare(PeerId peer, bool isDialable)
    {
        if (!IsCoordinator || _roster.SetDialable(peer, isDialable) is not { } line) return;
        _reports.Remove(peer);
        Broadcast([], line);
        SetState(_view.State);
    }

    /// <summary>A member cannot dial a deputy: it is looked at, and when most say so it loses its place.</summary>
    private void OnUnreachable(Route route, Unreachable message)
    {
        var deputy = message.Deputy;
        if (!IsCoordinator || !_roster.IsPresent(route.Peer) || !_roster.IsEligible(deputy) || deputy == route.Peer) return;
        if (!_probes.TryGetValue(deputy, out var probe)) _probes.Add(deputy, probe = new Probe());
        if (!_reports.TryGetValue(deputy, out var reporters)) _reports.Add(deputy, reporters = []);
        reporters.Add(route.Peer);
        var others = _roster.PresentCount - 2;
        if (reporters.Count(_roster.IsPresent) * 2 > others)
        {
            probe.Failures = Math.Max(probe.Failures, FailuresBeforeReport) + 1;
            Demote(deputy, probe);
        }
        else if (!probe.IsUnderWay && _time.GetElapsedTime(probe.Last) > FirstProbeDelay)
        {
            probe.Delay = default;
        }
    }

    /// <summary>Keeps the link to the first deputy, or to the second while the first cannot be dialled.</summary>
    private void MaintainStanding()
    {
        if (IsCoordinator || _loss is not null)
        {
            _standing = null;
            return;
        }

        var deputies = _view.Deputies;
        var first = deputies.FirstOrDefault();
        if (deputies.IsEmpty || first == _self)
        {
            _standing = null;
            return;
        }

        if (_standing is not { } standing || !deputies.Contains(standing))
        {
            _standing = standing = first;
            _standingSince = _time.GetTimestamp();
            _standingDelay = _random.NextDouble() * Spread;
            _standingFailures = 0;
        }

        if (standing != first && _transport.FindLink(first) is not null) _standing = standing = first;
        var wanted = standing != first && !_standingUnderWay && _time.GetElapsedTime(_standingSince) >= _standingDelay ? first : standing;
        if (_standingUnderWay || _transport.FindLink(wanted) is not null || _time.GetElapsedTime(_standingSince) < _standingDelay) return;
        _standingUnderWay = true;
        _ = ConnectStandingAsync(wanted);
    }

    private async Task ConnectStandingAsync(PeerId deputy)
    {
        var isReached = false;
        try
        {
            await _transport.ConnectAsync(deputy, _stop).WaitAsync(ProbeTimeout, _time, _stop).ConfigureAwait(false);
            isReached = true;
        }
        catch (Exception error) when (error is P2PShareException or TimeoutException)
        {
            // Told to the coordinator when it happens again.
        }
        catch (OperationCanceledException)
        {
            return;
        }

        Post(() => OnStandingTried(deputy, isReached));
    }

    private void OnStandingTried(PeerId deputy, bool isReached)
    {
        _standingUnderWay = false;
        _standingSince = _time.GetTimestamp();
        var deputies = _view.Deputies;
        if (deputies.IsEmpty || !deputies.Contains(deputy)) return;
        if (isReached)
        {
            _standing = deputy;
            if (deputy == deputies[0])
            {
                _standingFailures = 0;
                _standingDelay = default;
            }

            return;
        }

        _standingFailures++;
        var grown = TimeSpan.FromSeconds(1) * Math.Pow(2, Math.Min(_standingFailures, 10));
        _standingDelay = (grown < LongestStandingDelay ? grown : LongestStandingDelay) * (0.8 + 0.4 * _random.NextDouble());
        if (_standingFailures < FailuresBeforeReport) return;
        if (_up is { } up) Send(up, new Unreachable(deputy));
        // The other one, until the first can be dialled or is no deputy any more.
        var other = deputies.FirstOrDefault(candidate => candidate != deputy && candidate != _self);
        if (deputies.Length <= 1 || other == default) return;
        _standing = other;
        if (_transport.FindLink(other) is null)
        {
            _standingUnderWay = true;
            _ = ConnectStandingAsync(other);
        }
    }

    private sealed class Probe
    {
        public bool IsUnderWay { get; set; }

        public long Last { get; set; }

        public TimeSpan Delay { get; set; }

        public int Failures { get; set; }
    }
}
