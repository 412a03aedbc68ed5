using P2PShare.Engine.Errors;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;

namespace P2PShare.Engine.Membership;

// When the coordinator is lost: who follows it, and who says so.
internal sealed partial class SwarmMembership
{
    // Besides the deputy, so many are asked whether they still hear from the coordinator: one that does can relay.
    private const int WitnessesAsked = 3;

    private CoordinatorLoss? _loss;
    private HashSet<PeerId> _awaited = [];
    private long _awaitedSince;

    private TimeSpan Heartbeat => _transport.HeartbeatInterval;

    /// <summary>How long a member waits for a deputy before it looks for others by itself: long enough for the last deputy to notice.</summary>
    private TimeSpan TakeOverPatience => _transport.SilenceLimit + TimeSpan.FromSeconds(2);

    private void LoseCoordinator(string reason, bool hasResigned)
    {
        if (_loss is not null || IsCoordinator) return;
        if (_joining is { Route: null, IsMove: true }) return;
        var nonce = _up is { IsDirect: true } up ? up.Carrier.Identity.RemoteNonce : (BootNonce?)null;
        var loss = _loss = new CoordinatorLoss(_coordinator, nonce, reason, hasResigned, _time.GetTimestamp());
        _up = null;
        if (hasResigned) loss.IsUnreachable = true;
        else _ = RedialAsync(loss);
        var witnesses = 0;
        foreach (var link in _transport.Links.Where(link => !link.IsClosed && link.Remote != loss.Coordinator && _roster.IsPresent(link.Remote)))
        {
            if (witnesses++ < WitnessesAsked || _roster.IsEligible(_self)) Ask(loss, Route.Direct(link));
        }

        PursueSuccession();
    }

    // Only the link may have ended, at this end or by chance: then the coordinator is joined again as if nothing had been.
    private async Task RedialAsync(CoordinatorLoss loss)
    {
        try
        {
            var link = await _transport.ConnectAsync(loss.Coordinator, _stop).WaitAsync(Heartbeat, _time, _stop).ConfigureAwait(false);
            Post(() =>
            {
                if (_loss == loss && link.Identity.RemoteNonce == loss.Nonce) StartJoining(new JoinAttempt(loss.Coordinator));
            });
        }
        catch (Exception error) when (error is P2PShareException or TimeoutException)
        {
            Post(() =>
            {
                loss.IsUnreachable = true;
                PursueSuccession();
            });
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    private void Ask(CoordinatorLoss loss, Route route)
    {
        if (loss.Asked.TryGetValue(route.Peer, out var asked) && _time.GetElapsedTime(asked) < Heartbeat) return;
        loss.Asked[route.Peer] = _time.GetTimestamp();
        Send(route, new ConfirmCoordinator(loss.Coordinator, _term, CoordinatorFinding.Question));
    }

    private void OnConfirm(Route route, ConfirmCoordinator message)
    {
        if (message.Coordinator != _coordinator)
        {
            Send(route, StatusFor(route.Peer));
            return;
        }

        switch (message.Finding)
        {
            case CoordinatorFinding.Question when IsCoordinator:
                Send(route, message with { Term = _term, Finding = CoordinatorFinding.Alive });
                break;
            case CoordinatorFinding.Question when _loss is null:
                _ = CheckCoordinatorAsync(route);
                break;
            case CoordinatorFinding.Question:
                // Who asks has lost it as well, and is there itself.
                _loss.Gone.Remove(route.Peer);
                Confirm(route);
                if (_loss is not null && IsNext(_loss, route.Peer)) Send(route, message with { Term = _term, Finding = CoordinatorFinding.Lost });
                break;
            case CoordinatorFinding.Lost:
                Confirm(route);
                break;
            case CoordinatorFinding.Alive when _loss is not null && _joining is null:
                // It is this peer's own way to it that is broken; who hears from it relays.
                StartJoining(new JoinAttempt(_coordinator) { Informant = route.Carrier });
                break;
        }
    }

    private void Confirm(Route route)
    {
        if (_loss is not { } loss || !_roster.IsPresent(route.Peer)) return;
        loss.IsConfirmed = true;
        PursueSuccession();
    }

    /// <summary>Answers whether the coordinator is lost here too: any byte of it says that it is not.</summary>
    private async Task CheckCoordinatorAsync(Route asker)
    {
        if (_up is not { } up) return;
        if (!up.IsDirect)
        {
            // The asker was the way to it.
            if (up.Carrier == asker.Carrier) Send(asker, Finding(CoordinatorFinding.Lost));
            return;
        }

        var link = up.Carrier;
        var before = link.BytesReceived;
        var started = _time.GetTimestamp();
        link.Send(new Ping(1 + _random.NextInt64(MembershipLimits.MaxNumber - 1), Now));
        try
        {
            while (!link.IsClosed && _time.GetElapsedTime(started) < _transport.SilenceLimit)
            {
                await Task.Delay(Heartbeat / 40, _time, _stop).ConfigureAwait(false);
                if (link.BytesReceived != before)
                {
                    Post(() => Send(asker, Finding(CoordinatorFinding.Alive)));
                    return;
                }

                // Every member hears from it once a heartbeat, so whoever lost it after three has company that misses two.
                if (_time.GetElapsedTime(started) < Heartbeat / 5 || link.Silence < _transport.SilenceLimit - Heartbeat * 1.1) continue;
                Post(() =>
                {
                    if (!HasSenior(asker.Peer)) Send(asker, Finding(CoordinatorFinding.Lost));
                });
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    private ConfirmCoordinator Finding(CoordinatorFinding finding) => new(_coordinator, _term, finding);

    /// <summary>Whether a peer is the most senior deputy that is left.</summary>
    private bool IsNext(CoordinatorLoss loss, PeerId peer)
    {
        var next = NextDeputy(loss);
        return next == peer;
    }

    /// <summary>Whether a deputy that comes before another one is there.</summary>
    private bool HasSenior(PeerId deputy) => _roster.Eligible
        .TakeWhile(peer => peer != deputy)
        .Any(peer => peer != _coordinator && (peer == _self || _transport.FindLink(peer) is not null));

    private PeerId? NextDeputy(CoordinatorLoss loss)
    {
        foreach (var peer in _roster.Eligible)
            if (peer != loss.Coordinator && !loss.Gone.Contains(peer)) return peer;
        return null;
    }

    /// <summary>Takes the next step after a loss: takes over, asks, dials the next deputy, or gives up. Called whenever something new is known.</summary>
    private void PursueSuccession()
    {
        if (_loss is not { } loss) return;
        var next = NextDeputy(loss);
        if (next == _self)
        {
            var isAlone = _roster.PresentCount <= 2;
            if (loss.HasResigned || loss.IsConfirmed || isAlone)
            {
                TakeOverSwarm(loss);
                return;
            }

            foreach (var link in _transport.Links.Where(link => !link.IsClosed && link.Remote != loss.Coordinator && _roster.IsPresent(link.Remote))) Ask(loss, Route.Direct(link));
        }
        else if (next is { } deputy)
        {
            if (_transport.FindLink(deputy) is { } link) Ask(loss, Route.Direct(link));
            else if (loss.Dialling is null) _ = DialDeputyAsync(loss, deputy);
        }

        var nobodyLeft = next is null && loss.IsUnreachable && _joining is null;
        if (nobodyLeft || _time.GetElapsedTime(loss.Since) > TakeOverPatience) Isolate(loss.Reason);
    }

    private async Task DialDeputyAsync(CoordinatorLoss loss, PeerId deputy)
    {
        loss.Dialling = deputy;
        var reached = false;
        try
        {
            await Task.Delay(_random.NextDouble() * Spread, _time, _stop).ConfigureAwait(false);
            await _transport.ConnectAsync(deputy, _stop).WaitAsync(Heartbeat, _time, _stop).ConfigureAwait(false);
            reached = true;
        }
        catch (Exception error) when (error is P2PShareException or TimeoutException)
        {
            // The next one then.
        }
        catch (OperationCanceledException)
        {
            return;
        }

        Post(() =>
        {
            loss.Dialling = null;
            if (!reached) loss.Gone.Add(deputy);
            if (_loss == loss) PursueSuccession();
        });
    }

    private void TakeOverSwarm(CoordinatorLoss loss)
    {
        var before = loss.Coordinator;
        _loss = null;
        _joining = null;
        _up = null;
        _coordinator = _self;
        _tookOver = before;
        _term = NextTerm(_term);
        _relayedVia.Clear();
        _probes.Clear();
        var line = _roster.Dismiss(before);
        var own = _roster.SetDialable(_self, false);
        _awaited = [.. _roster.Present.Where(peer => peer != _self)];
        _awaitedSince = _time.GetTimestamp();
        SetState(PeerState.Joined);
        var message = new TakeOver(before, _term);
        foreach (var link in _transport.Links.Where(link => !link.IsClosed)) link.Send(message);
        if (line is { } gone) Broadcast([], gone);
        if (own is { } self) Broadcast([], self);
        SeekAgain(before, soon: false, loss.HasResigned);
        SeekAbsent();
        _events.OnTermChanged(_term);
        _events.OnCoordinatorChanged(_self);
        _events.OnPeerLeft(before);
    }

    // Members of the reign before have so long to come.
    private void DismissMissing()
    {
        if (_awaited.Count == 0 || !IsCoordinator || _time.GetElapsedTime(_awaitedSince) < JoinTimeout + Spread) return;
        var missing = _awaited;
        _awaited = [];
        foreach (var peer in missing) Dismiss(peer, hasResigned: false);
    }

    private void OnTakeOver(Route route, TakeOver message)
    {
        if (message.Term > MembershipLimits.MaxTerm || message.Term <= _term)
        {
            RefuseClaim(route, message.Term, $"it took over for term {message.Term}, and the swarm's is {_term}");
            return;
        }

        if (message.Previous != _coordinator)
        {
            Send(route, StatusFor(route.Peer));
            return;
        }

        if (!_roster.IsPresent(route.Peer) || !(_roster.IsEligible(route.Peer) || _loss is not null))
        {
            RefuseClaim(route, message.Term, "it took over without being a deputy");
            return;
        }

        if (IsCoordinator)
        {
            // Others have lost this peer and follow another: it steps back.
            OnStatus(route, new SwarmStatus { Coordinator = route.Peer, Addresses = [], Term = message.Term, Members = 1, TookOver = _self });
            return;
        }

        FollowSuccessor(route, message.Term);
    }

    private void FollowSuccessor(Route route, long term)
    {
        var before = _coordinator;
        _loss = null;
        _joining = null;
        _coordinator = route.Peer;
        _tookOver = before;
        _term = term;
        _up = route;
        _roster.Dismiss(before);
        SetState(PeerState.Joined);
        TellStatus();
        _events.OnTermChanged(_term);
        _events.OnCoordinatorChanged(_coordinator);
        _events.OnPeerLeft(before);
        // What it has missed, and what was under way to the one before, is settled by joining it.
        StartJoining(new JoinAttempt(_coordinator), spread: true);
    }

    private static long NextTerm(long term) => Math.Min(term + 1, MembershipLimits.MaxTerm);

    private void Isolate(string reason)
    {
        var lost = _roster.Present.Where(peer => peer != _self).ToList();
        var resigned = _loss is { HasResigned: true } loss ? loss.Coordinator : (PeerId?)null;
        var seniors = _roster.Eligible.ToHashSet();
        _loss = null;
        _joining = null;
        _up = null;
        _coordinator = _self;
        _tookOver = null;
        foreach (var peer in lost) _roster.Dismiss(peer);
        _roster.SetDialable(_self, false);
        _roster.Admit(_self);
        SetState(PeerState.Isolated);
        foreach (var peer in lost) SeekAgain(peer, soon: seniors.Contains(peer), hasResigned: peer == resigned);
        SeekAbsent();
        _addresses.Hurry();
        _events.OnIsolated(reason);
        foreach (var peer in lost) _events.OnPeerLeft(peer);
        // Those to whom there is a link already need no dialling: both sides say whom they follow.
        TellStatus();
    }
}
