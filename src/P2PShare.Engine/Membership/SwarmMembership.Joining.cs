using P2PShare.Engine.Errors;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine.Membership;

// A member's part: finding a coordinator, joining it, following it.
internal sealed partial class SwarmMembership
{
    // A relay is asked when the direct way takes longer than this.
    private static readonly TimeSpan RelayAfter = TimeSpan.FromSeconds(1);

    private long _sequence;

    private void OnStatus(Route route, SwarmStatus status)
    {
        if (status.Term > MembershipLimits.MaxTerm)
        {
            _events.OnClaimRefused(NameOf(route.Peer), $"it told of the impossible term {status.Term}");
            return;
        }

        if (status.Coordinator == _coordinator)
        {
            if (IsCoordinator) OnStatusOfFollower(route, status);
            else if (route.Peer == _coordinator) OnStatusOfCoordinator(route, status);
            return;
        }

        if (_joining?.Target == status.Coordinator) return;
        if (status.Coordinator == _self)
        {
            // It believes that this peer coordinates.
            Send(route, StatusFor(route.Peer));
            return;
        }

        // The own coordinator has joined another, or another has taken over from it: follow.
        var isMove = !IsCoordinator && route.Peer == _coordinator;
        var isSuccessor = status.TookOver == _coordinator && status.Term > _term;
        if (!isMove && !isSuccessor)
        {
            if (_loss is not null) return;
            if (!Yields(status))
            {
                // It may know an older state of ours; only the side that stays answers, so this ends.
                Send(route, StatusFor(route.Peer));
                return;
            }
        }

        // Who was asked to admit this peer follows another meanwhile: go there instead.
        if (_joining is { Answer: null, Route: { } asked } && asked.Peer == route.Peer) _joining = null;
        if (_joining is not null && !isMove && !isSuccessor) return;
        if (!isMove && !isSuccessor && !IsCoordinator)
        {
            if (_up is { } up) Send(up, status with { IsUnlisted = false });
            return;
        }

        lock (_hints) _hints[status.Coordinator] = status.Addresses;
        StartJoining(new JoinAttempt(status.Coordinator) { Informant = route.Carrier, Told = status with { IsUnlisted = false }, IsMove = isMove }, spread: isMove || isSuccessor);
    }

    // Somebody follows this peer; where its picture is not the one here, it is told, and joins again.
    private void OnStatusOfFollower(Route route, SwarmStatus status)
    {
        if (route.Peer == _self) return;
        // It has found its way here meanwhile.
        if (_joining is { Answer: null } attempt && attempt.Target == route.Peer) _joining = null;
        var isMember = _roster.IsPresent(route.Peer);
        if (!isMember || status.Sequence < _lastSequence || status.Term != _term) Send(route, StatusFor(route.Peer));
    }

    private void OnStatusOfCoordinator(Route route, SwarmStatus status)
    {
        if (status.Term < _term)
        {
            // It has lost its state, or its old words are repeated.
            _events.OnClaimRefused(NameOf(route.Peer), $"it coordinates in term {status.Term}, and the swarm's is {_term}");
            if (_loss is null && _joining is null) StartJoining(new JoinAttempt(_coordinator));
            return;
        }

        // What was sent before has arrived before: who lags now has missed something.
        var lags = status.IsUnlisted || status.Sequence > _sequence || status.Term > _term;
        if (lags && _loss is null && _joining is null) StartJoining(new JoinAttempt(_coordinator));
    }

    /// <summary>Of two reigns that meet, whether the own one ends: who may coordinate stays, then who has more members, then the lower id.</summary>
    private bool Yields(SwarmStatus other)
    {
        if (_tookOver == other.Coordinator && _term > other.Term) return false;
        var own = StatusFor(other.Coordinator);
        if (own.IsUnfit != other.IsUnfit) return own.IsUnfit;
        return other.Members != own.Members ? other.Members > own.Members : other.Coordinator < own.Coordinator;
    }

    private void StartJoining(JoinAttempt attempt, bool spread = false)
    {
        if (_joining is { } current && current.Target == attempt.Target && current.Answer is null) return;
        _joining = attempt;
        _ = JoinAsync(attempt, spread ? _random.NextDouble() * Spread : TimeSpan.Zero);
    }

    private async Task JoinAsync(JoinAttempt attempt, TimeSpan delay)
    {
        try
        {
            if (delay > TimeSpan.Zero) await Task.Delay(delay, _time, _stop).ConfigureAwait(false);
            if (await ReachAsync(attempt).ConfigureAwait(false) is { } route) Post(() => SendJoin(attempt, route));
            else Post(() => GiveUp(attempt));
            await Task.Delay(JoinTimeout, _time, _stop).ConfigureAwait(false);
            Post(() => GiveUp(attempt));
            // A large snapshot may still be under way; not for ever.
            await Task.Delay(5 * JoinTimeout, _time, _stop).ConfigureAwait(false);
            Post(() => GiveUp(attempt, isOverdue: true));
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    private async Task<Route?> ReachAsync(JoinAttempt attempt)
    {
        var connecting = _transport.ConnectAsync(attempt.Target, _stop);
        try
        {
            var patience = attempt.Informant is { IsClosed: false } ? RelayAfter : JoinTimeout;
            return Route.Direct(await connecting.WaitAsync(patience, _time, _stop).ConfigureAwait(false));
        }
        catch (Exception error) when (error is P2PShareException or TimeoutException)
        {
            // Where the direct way comes up later, it is used from then on.
            _ = connecting.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return attempt.Informant is { IsClosed: false } relay && relay.Remote != attempt.Target ? new Route(attempt.Target, relay) : null;
        }
    }

    private void SendJoin(JoinAttempt attempt, Route route)
    {
        if (_joining != attempt) return;
        if (!route.IsDirect && _transport.FindLink(route.Peer) is { } direct) route = Route.Direct(direct);
        attempt.Route = route;
        route.Carrier.IsStanding = true;
        Send(route, new Join { Term = _term, Members = IsCoordinator ? Math.Max(1, _roster.PresentCount) : 1, Entry = _record.Current.Entry, Digest = _store.GetDigest() });
    }

    private void GiveUp(JoinAttempt attempt, bool isOverdue = false)
    {
        if (_joining != attempt || (!isOverdue && attempt.Answer is not null && attempt.Route is { IsClosed: false })) return;
        _joining = null;
        if (_loss is not null) PursueSuccession();
        // A member whose coordinator went elsewhere has nobody left to follow.
        else if (!IsCoordinator && (attempt.IsMove || _up is not { IsClosed: false })) Isolate("its coordinator moved to where it cannot be reached");
        else TellStatus();
    }

    private void OnJoined(Route route, Joined joined)
    {
        if (_joining is not { } attempt || attempt.Route != route || attempt.Answer is not null) return;
        if (joined.Coordinator != route.Peer || joined.Term < _term || joined.Term > MembershipLimits.MaxTerm)
        {
            _joining = null;
            _events.OnClaimRefused(NameOf(route.Peer), $"it answered a join with term {joined.Term}, and the swarm's is {_term}");
            return;
        }

        attempt.Answer = joined;
    }

    private void OnSnapshotPage(Route route, SnapshotPage page)
    {
        if (_joining is not { Answer: { } answer } attempt || attempt.Route != route) return;
        if (page.Page != attempt.NextPage++ || page.Term != answer.Term)
        {
            _joining = null;
            route.Carrier.CloseConnection("a page of its snapshot is missing");
            return;
        }

        Accept(route, page.Entries, collect: null);
        foreach (var line in page.Roster) attempt.Roster.Set(line);
        if (page.IsLast) Follow(attempt, answer, page.Sequence);
    }

    private void Follow(JoinAttempt attempt, Joined answer, long sequence)
    {
        var route = attempt.Route!.Value;
        var before = _roster.Present;
        var isNews = _coordinator != attempt.Target || _view.State != PeerState.Joined;
        var termBefore = _term;
        _joining = null;
        _loss = null;
        if (_coordinator != attempt.Target) _tookOver = attempt.Told?.TookOver;
        _coordinator = attempt.Target;
        _up = route;
        _term = answer.Term;
        _sequence = sequence;
        _roster.Clear();
        foreach (var line in attempt.Roster.Entries) _roster.Set(line);
        _relayedVia.Clear();
        _awaited.Clear();
        _reunions.Clear();
        StopBroadcasting();
        StopAwaiting();
        SetState(PeerState.Joined);
        // Members of before follow; others that are connected compare.
        TellStatus();
        Republish(route, answer);
        if (_term != termBefore) _events.OnTermChanged(_term);
        if (isNews)
        {
            _events.OnJoined(_coordinator, alone: false);
            _events.OnCoordinatorChanged(_coordinator);
        }

        foreach (var peer in _roster.Present.Where(peer => !before.Contains(peer))) _events.OnPeerJoined(peer);
        foreach (var peer in before.Where(peer => !_roster.IsPresent(peer))) _events.OnPeerLeft(peer);
        foreach (var update in attempt.EarlyUpdates)
            if (update.Sequence > _sequence && _joining is null) OnUpdate(route, update);
    }

    // What the swarm does not have of this peer: newer records of its own, and records of the shares it holds.
    private void Republish(Route route, Joined answer)
    {
        var remembered = answer.Holdings.ToDictionary(part => part.Part, part => part.Version);
        foreach (var part in _holdings.JumpPast(remembered)) _store.Put(part);
        if (answer.PeerVersion > _record.Current.Version) _record.Renew(answer.PeerVersion);
        _store.Put(_record.Current);
        SendPublications(route, _store.Difference(answer.Digest));
    }

    private void OnUpdate(Route route, Update update)
    {
        if (_joining is { } attempt && attempt.Target == route.Peer)
        {
            attempt.Keep(update);
            return;
        }

        if (route.Peer != _coordinator || IsCoordinator)
        {
            if (update.Term < _term) RefuseClaim(route, update.Term, $"it sent an update of term {update.Term}, and the swarm's is {_term}");
            return;
        }

        if (update.Term < _term || update.Term > MembershipLimits.MaxTerm)
        {
            _events.OnClaimRefused(NameOf(route.Peer), $"it sent an update of term {update.Term}, and the swarm's is {_term}");
            return;
        }

        if (update.Sequence <= _sequence) return;
        if (update.Sequence != _sequence + 1)
        {
            // A gap cannot be mended, so the whole is asked for again; what has not changed is skipped by digest.
            StartJoining(new JoinAttempt(_coordinator));
            return;
        }

        _sequence = update.Sequence;
        var termBefore = _term;
        _term = update.Term;
        Accept(route, update.Entries, collect: null);
        foreach (var line in update.Roster) ApplyRosterLine(line);
        SetState(PeerState.Joined);
        if (_term != termBefore) _events.OnTermChanged(_term);
    }

    private void ApplyRosterLine(RosterEntry line)
    {
        if (!_roster.Set(line) || line.Peer == _self) return;
        if (line.IsPresent) _events.OnPeerJoined(line.Peer);
        else _events.OnPeerLeft(line.Peer);
    }

    private void TellStatus()
    {
        foreach (var other in _transport.Links.Where(other => other.Remote != _coordinator && !other.IsClosed)) other.Send(StatusFor(other.Remote));
    }
}
