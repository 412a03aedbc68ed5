using P2PShare.Engine.Errors;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine.Membership;

// A member's part: finding a coordinator, joining it, following it.
internal sealed partial class SwarmMembership
{
    private long _sequence;

    private async Task DialAsync()
    {
        try
        {
            while (true)
            {
                var view = _view;
                var alone = view.Present.Count <= 1;
                foreach (var endPoint in _addresses.TakeDue(view.Present.Contains, all: alone)) _ = TryAddressAsync(endPoint);
                if (alone && view.State != PeerState.Joined && !_addresses.HasGiven && _addresses.AllTried) Post(BecomeAlone);
                await Task.Delay(DialTick, _time, _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    private async Task TryAddressAsync(System.Net.DnsEndPoint endPoint)
    {
        var address = Addresses.Format(endPoint);
        try
        {
            var link = await _transport.DialAsync(endPoint, expected: null, _stopping.Token).ConfigureAwait(false);
            _addresses.Note(endPoint, link.Remote, failure: null);
        }
        catch (P2PShareException error)
        {
            if (!_addresses.Note(endPoint, peer: null, error.Message)) return;
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

    private void OnStatus(Link link, SwarmStatus status)
    {
        if (status.Coordinator == _coordinator || _joining?.Target == status.Coordinator) return;
        // The own coordinator has joined another: follow it.
        var moved = !IsCoordinator && link.Remote == _coordinator;
        var theirs = status.Members > _roster.PresentCount || (status.Members == _roster.PresentCount && status.Coordinator < _coordinator);
        if (!moved && !theirs)
        {
            // It may know an older state of ours; only the side that stays answers, so this ends.
            link.Send(Status());
            return;
        }

        // Who was asked to admit this peer follows another meanwhile: go there instead.
        if (_joining is { Answer: null } attempted && attempted.Link == link) _joining = null;
        if (_joining is not null && !moved) return;
        if (!moved && !IsCoordinator)
        {
            _transport.FindLink(_coordinator)?.Send(status);
            return;
        }

        if (status.Coordinator == _self) return;
        lock (_hints) _hints[status.Coordinator] = status.Addresses;
        StartJoining(status.Coordinator);
    }

    private void StartJoining(PeerId target)
    {
        _joining = new JoinAttempt(target);
        _ = JoinAsync(_joining);
    }

    private async Task JoinAsync(JoinAttempt attempt)
    {
        try
        {
            var link = await _transport.ConnectAsync(attempt.Target, _stopping.Token).ConfigureAwait(false);
            Post(() =>
            {
                if (_joining != attempt) return;
                attempt.Link = link;
                link.IsStanding = true;
                link.Send(new Join { Term = _term, Entry = _record.Current.Entry, Digest = _store.GetDigest() });
            });
            await Task.Delay(JoinTimeout, _time, _stopping.Token).ConfigureAwait(false);
            Post(() => GiveUp(attempt));
        }
        catch (P2PShareException)
        {
            Post(() => GiveUp(attempt));
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    private void GiveUp(JoinAttempt attempt)
    {
        if (_joining != attempt || attempt.Answer is not null) return;
        _joining = null;
        // A member whose coordinator went elsewhere has nobody left to follow.
        if (!IsCoordinator && _transport.FindLink(_coordinator) is null) Isolate("its coordinator moved to where it cannot be reached");
        else TellStatus();
    }

    private void OnJoined(Link link, Joined joined)
    {
        if (_joining is not { } attempt || attempt.Link != link || attempt.Answer is not null) return;
        if (joined.Coordinator != link.Remote)
        {
            _joining = null;
            return;
        }

        attempt.Answer = joined;
        attempt.Theirs = joined.Digest;
    }

    private void OnSnapshotPage(Link link, SnapshotPage page)
    {
        if (_joining is not { Answer: { } answer } attempt || attempt.Link != link) return;
        if (page.Page != attempt.NextPage++)
        {
            _joining = null;
            link.CloseConnection("a page of its snapshot is missing");
            return;
        }

        Accept(link, page.Entries, collect: null);
        foreach (var line in page.Roster) attempt.Roster.Set(line);
        if (page.IsLast) Follow(attempt, answer, page.Sequence);
    }

    private void Follow(JoinAttempt attempt, Joined answer, long sequence)
    {
        var link = attempt.Link!;
        var before = _roster.Present.ToHashSet();
        _joining = null;
        _coordinator = attempt.Target;
        _term = answer.Term;
        _sequence = sequence;
        _roster.Clear();
        foreach (var line in attempt.Roster.Entries) _roster.Set(line);
        StopBroadcasting();
        StopAwaiting();
        SetState(PeerState.Joined);
        // Members of before follow; others that are connected compare.
        TellStatus();
        Republish(link, answer, attempt.Theirs!);
        _events.OnJoined(_coordinator, alone: false);
        _events.OnCoordinatorChanged(_coordinator);
        foreach (var peer in _roster.Present.Where(peer => !before.Contains(peer))) _events.OnPeerJoined(peer);
        foreach (var peer in before.Where(peer => !_roster.IsPresent(peer))) _events.OnPeerLeft(peer);
    }

    // What the swarm does not have of this peer: newer records of its own, and records of the shares it holds.
    private void Republish(Link link, Joined answer, CatalogueDigest theirs)
    {
        var remembered = answer.Holdings.ToDictionary(part => part.Part, part => part.Version);
        foreach (var part in _holdings.JumpPast(remembered)) _store.Put(part);
        if (answer.PeerVersion > _record.Current.Version) _record.Renew(answer.PeerVersion);
        _store.Put(_record.Current);
        SendPublications(link, _store.Difference(theirs));
    }

    private void OnUpdate(Link link, Update update)
    {
        if (link.Remote != _coordinator || _joining?.Answer is not null) return;
        if (update.Term < _term) return;
        if (update.Sequence != _sequence + 1)
        {
            // A gap cannot be mended, so the whole is asked for again; what has not changed is skipped by digest.
            StartJoining(_coordinator);
            return;
        }

        _sequence = update.Sequence;
        _term = update.Term;
        Accept(link, update.Entries, collect: null);
        foreach (var line in update.Roster) ApplyRosterLine(line);
        SetState(PeerState.Joined);
    }

    private void ApplyRosterLine(RosterEntry line)
    {
        if (!_roster.Set(line) || line.Peer == _self) return;
        if (line.IsPresent) _events.OnPeerJoined(line.Peer);
        else _events.OnPeerLeft(line.Peer);
    }

    private void OnLinkLost(Link link, string reason)
    {
        if (_joining?.Link == link) _joining = null;
        if (_bringer == link) StopAwaiting();
        if (IsCoordinator) Dismiss(link.Remote);
        else if (link.Remote == _coordinator && _transport.FindLink(_coordinator) is null) Isolate(reason);
    }

    private void Isolate(string reason)
    {
        var lost = _roster.Present.Where(peer => peer != _self).ToList();
        RememberAddresses(lost);
        _coordinator = _self;
        foreach (var peer in lost) _roster.Dismiss(peer);
        _roster.Admit(_self);
        SetState(PeerState.Isolated);
        _addresses.Hurry();
        _events.OnIsolated(reason);
        foreach (var peer in lost) _events.OnPeerLeft(peer);
        // Those to whom there is a link already need no dialling: both sides say whom they follow.
        TellStatus();
    }

    private void TellStatus()
    {
        var status = Status();
        foreach (var other in _transport.Links.Where(other => other.Remote != _coordinator)) other.Send(status);
    }

    private void RememberAddresses(IEnumerable<PeerId> peers)
    {
        foreach (var peer in peers)
            foreach (var address in _store.FindPeer(peer)?.Details.Addresses.Take(2) ?? []) _addresses.Remember(AddressText.Format(address));
    }
}
