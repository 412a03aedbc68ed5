using P2PShare.Engine.Errors;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;

namespace P2PShare.Engine.Membership;

// What is done again and again: addresses are tried, what may have been missed is compared.
internal sealed partial class SwarmMembership
{
    private const int TicksPerSlowRound = 4;
    private const int HeartbeatsBetweenComparisons = 5;

    private static readonly TimeSpan FirstDirectDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestDirectDelay = TimeSpan.FromMinutes(1);

    private long _compared;
    private TimeSpan _compareDelay;
    private long _triedDirect;
    private TimeSpan _directDelay = FirstDirectDelay;
    private bool _hasUpkeepPending;

    private async Task DialAsync()
    {
        try
        {
            for (var tick = 0; ; tick++)
            {
                var view = _view;
                var alone = view.Present.Count <= 1;
                TryDueAddresses();
                if (alone && view.State != PeerState.Joined && !_addresses.HasGiven && _addresses.AllTried) Post(BecomeAlone);
                if (!_hasUpkeepPending)
                {
                    _hasUpkeepPending = true;
                    var isSlowRound = tick % TicksPerSlowRound == 0;
                    Post(() => Keep(isSlowRound));
                }

                await Task.Delay(DialTick, _time, _stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    private void TryDueAddresses()
    {
        var view = _view;
        // Who is connected may still be admitting this peer: a second link would only cost both.
        foreach (var endPoint in _addresses.TakeDue(peer => view.Present.Contains(peer) || _transport.FindLink(peer) is not null, all: view.Present.Count <= 1))
            _ = TryAddressAsync(endPoint);
    }

    private async Task TryAddressAsync(System.Net.DnsEndPoint endPoint)
    {
        var address = Addresses.Format(endPoint);
        try
        {
            var link = await _transport.DialAsync(endPoint, expected: null, _stop).ConfigureAwait(false);
            _addresses.Note(endPoint, link.Remote, failure: null);
        }
        catch (P2PShareException error)
        {
            // A list of addresses that is the same on every machine has the own one in it.
            var isSelf = error.InnerException is DialFailure { IsSelf: true };
            if (isSelf) _addresses.NoteSelf(endPoint, _self);
            var isNews = !isSelf && _addresses.Note(endPoint, null, error.Message);
            // Another of those given may have waited for the outcome.
            Post(TryDueAddresses);
            if (!isNews) return;
            if (error.ErrorId == ErrorIds.PeerRefused) _events.OnRefused(address, error.Message, incoming: false);
            else _events.OnUnreachable(address, error.Message);
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    private void BecomeAlone()
    {
        if (_view.State == PeerState.Joined || _roster.PresentCount > 1) return;
        SetState(PeerState.Joined);
        _events.OnJoined(_self, alone: true);
    }

    private void Keep(bool isSlowRound)
    {
        _hasUpkeepPending = false;
        if (_transport.IsStopping) return;
        PursueSuccession();
        SeekOthers();
        MaintainStanding();
        MaintainDeputies();
        if (!isSlowRound) return;
        MaintainRelayed();
        MarkStanding();
        DismissMissing();
        Compare();
        SeekDirectWay();
        // A link may have ended while another was thought to take its place.
        if (!IsCoordinator && _loss is null && _joining is null && _up is not { IsClosed: false }) LoseCoordinator("its connection ended", hasResigned: false);
    }

    /// <summary>Says now and then what it believes: to the coordinator, which answers when it knows better, and to those of other reigns.</summary>
    private void Compare()
    {
        if (_time.GetElapsedTime(_compared) < _compareDelay) return;
        _compared = _time.GetTimestamp();
        _compareDelay = Jittered(Heartbeat * HeartbeatsBetweenComparisons);
        if (_joining is null && _loss is null && _up is { } up) Send(up, StatusFor(up.Peer));
        foreach (var link in _transport.Links.Where(link => !link.IsClosed && !_roster.IsPresent(link.Remote))) link.Send(StatusFor(link.Remote));
    }

    private void SeekDirectWay()
    {
        if (_up is not { IsDirect: false } || _joining is not null)
        {
            _directDelay = FirstDirectDelay;
            return;
        }

        if (_time.GetElapsedTime(_triedDirect) < _directDelay) return;
        _triedDirect = _time.GetTimestamp();
        _directDelay = Jittered(_directDelay * 2 < LongestDirectDelay ? _directDelay * 2 : LongestDirectDelay);
        _ = ConnectQuietlyAsync(_coordinator);
    }

    /// <summary>What is under way, for a message.</summary>
    public string DescribeState(Func<PeerId, string> name)
    {
        var up = _up is { } route ? $"up {(route.IsDirect ? "directly" : "through " + name(route.Carrier.Remote))}{(route.IsClosed ? " (closed)" : "")}" : "no way up";
        var joining = _joining is { } attempt ? $", joining {name(attempt.Target)}{(attempt.Answer is not null ? " (answered)" : attempt.Route is not null ? " (asked)" : "")}" : "";
        var loss = _loss is { } lost ? $", lost {name(lost.Coordinator)}{(lost.IsConfirmed ? " (confirmed)" : "")}, gone [{string.Join(' ', lost.Gone.Select(name))}]" : "";
        return $"{up}{joining}{loss}, sequence {(IsCoordinator ? _lastSequence : _sequence)}, seeks {_reunions.Count}";
    }
}
