using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine.Membership;

// The coordinator's part: admitting members, and telling all of what changed.
internal sealed partial class SwarmMembership
{
    private const int FewUpdates = 4;

    private readonly List<SignedEntry> _changedEntries = [];
    private readonly Dictionary<PeerId, RosterEntry> _changedLines = [];
    private readonly List<(Route Route, Join Join)> _waitingJoins = [];
    private long _lastSequence;
    private Route? _bringer;
    private long _bringerToken;
    private bool _broadcastDue;

    private void OnJoin(Route route, Join join)
    {
        if (!IsCoordinator)
        {
            Send(route, StatusFor(route.Peer));
            return;
        }

        if (join.Term > MembershipLimits.MaxTerm)
        {
            RefuseClaim(route, join.Term, $"it joined with the impossible term {join.Term}");
            return;
        }

        if (_joining is { } attempt)
        {
            // Of two that want to join each other the lower id stays; who joins another sends those that come there, too.
            if (attempt.Target == route.Peer && attempt.Answer is null && _self < route.Peer)
            {
                _joining = null;
            }
            else
            {
                if (attempt.Target != route.Peer && attempt.Told is { } told) Send(route, told);
                return;
            }
        }

        // What this peer would tell now is less than the swarm has: who joined it has yet to bring that.
        if (_bringer is { IsClosed: false } bringer && bringer.Peer != route.Peer)
        {
            if (_waitingJoins.Count < MaxWaitingJoins) _waitingJoins.Add((route, join));
            return;
        }

        // Two reigns become one, or one begins after all was lost: its term is new to everybody.
        var isNewReign = join.Term > _term || join.Members > 1 || _view.State == PeerState.Isolated;
        var before = _store.GetDigest();
        var remembered = new Joined
        {
            Term = isNewReign ? NextTerm(Math.Max(_term, join.Term)) : _term,
            Coordinator = _self,
            JoinNumber = 1,
            Digest = before,
            PeerVersion = _store.VersionOf(RecordKey.OfPeer(route.Peer)),
            ShareVersion = _store.HighestShareVersion(route.Peer),
            Holdings = [.. _store.HoldingsOf(route.Peer).Select(part => new PartVersion(part.Part, part.Version))],
        };
        var news = _verifier.TryAccept(join.Entry, out var problem);
        if (problem is not null || _store.FindPeer(route.Peer) is null)
        {
            var reason = problem ?? "it did not say who it is";
            _events.OnRefused(Addresses.Format(route.Carrier.Identity.RemoteEndPoint), reason, incoming: true);
            if (route.IsDirect) _ = route.Carrier.CloseAsync(GoodbyeReason.Other, reason);
            return;
        }

        var termBefore = _term;
        _term = remembered.Term;
        _awaited.Remove(route.Peer);
        _reunions.Remove(route.Peer);
        if (route.IsDirect) _relayedVia.Remove(route.Peer);
        else _relayedVia[route.Peer] = route.Carrier;
        var isNew = !_roster.IsPresent(route.Peer);
        var line = _roster.Admit(route.Peer);
        route.Carrier.IsStanding = true;
        Send(route, remembered with { JoinNumber = line.JoinNumber });
        SendSnapshot(route, join.Digest);
        if (!_catalogueReady.Task.IsCompleted) AwaitRecords(route);
        // The record is sent on even when it is old news here: the roster line alone would name a peer that others do not know.
        Broadcast(news || isNew ? [_store.FindPeer(route.Peer)!.Entry] : [], line);
        SetState(PeerState.Joined);
        if (_term != termBefore) _events.OnTermChanged(_term);
        if (isNew) _events.OnPeerJoined(route.Peer);
        if (_roster.PresentCount == 2 && isNew) _events.OnJoined(_self, alone: false);
    }

    /// <summary>
    /// A peer that has just started and is joined by one with a history has the catalogue only when that has brought its
    /// records. Messages of a link keep their order, so the answer to a ping sent after the snapshot comes behind them.
    /// </summary>
    private void AwaitRecords(Route route)
    {
        _bringer = route;
        _bringerToken = 1 + _random.NextInt64(MembershipLimits.MaxNumber - 1);
        Send(route, new Ping(_bringerToken, Now));
        _ = StopAwaitingLaterAsync(route);
    }

    private void OnPong(Route route, Pong pong)
    {
        if (route == _bringer && pong.Token == _bringerToken) StopAwaiting();
    }

    private async Task StopAwaitingLaterAsync(Route route)
    {
        try
        {
            await Task.Delay(JoinTimeout, _time, _stopping.Token).ConfigureAwait(false);
            Post(() =>
            {
                if (_bringer == route) StopAwaiting();
            });
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    private void StopAwaiting()
    {
        _bringer = null;
        if (_view.State == PeerState.Joined) _catalogueReady.TrySetResult();
        var waiting = _waitingJoins.ToArray();
        _waitingJoins.Clear();
        foreach (var (route, join) in waiting)
        {
            if (!route.IsClosed) OnJoin(route, join);
        }
    }

    private void SendSnapshot(Route route, CatalogueDigest theirs)
    {
        // Everything up to the last update sent is in it, and what is still to be sent may come twice: entries have versions.
        SendSeries(route, SnapshotPager.Snapshot(_term, _lastSequence, [.. _roster.Entries], _store.Difference(theirs)));
    }

    private void OnPublish(Route route, Publish publish)
    {
        if (!IsCoordinator || !_roster.IsPresent(route.Peer)) return;
        var news = new List<SignedEntry>();
        Accept(route, publish.Entries, news);
        Broadcast(news, null);
        if (news.Count > 0) NotifyChanged();
    }

    private void Dismiss(PeerId peer, bool hasResigned)
    {
        var wasEligible = _roster.IsEligible(peer);
        if (peer == _self || _roster.Dismiss(peer) is not { } line) return;
        _relayedVia.Remove(peer);
        _awaited.Remove(peer);
        SeekAgain(peer, soon: wasEligible, hasResigned);
        Broadcast([], line);
        SetState(PeerState.Joined);
        _events.OnPeerLeft(peer);
    }

    /// <summary>
    /// Takes in what is new. What a member brings is known to be its owner's word before it is passed on; what comes from
    /// the coordinator is checked when it is first used. What is refused is told.
    /// </summary>
    private void Accept(Route route, IReadOnlyList<SignedEntry> entries, List<SignedEntry>? collect)
    {
        if (entries.Count == 0) return;
        var from = NameOf(route.Carrier.Remote);
        foreach (var entry in entries)
        {
            var record = entry.ToRecord();
            if (IsAboutSelf(entry, record)) continue;
            var belief = collect is null ? RecordBelief.Claimed : RecordBelief.Signed;
            string? problem;
            var isNews = record is null ? _verifier.TryAccept(entry, belief, from, out problem) : _verifier.TryAccept(record, belief, from, out problem);
            if (isNews)
            {
                collect?.Add(entry);
                if (record is ShareRecord share) _events.OnShareChanged(share);
            }
            else if (problem is not null)
            {
                _events.OnEntryRefused(from, problem);
            }
        }
    }

    // Nobody tells this peer about itself; what the swarm remembers from before it lost its state is only gone past.
    private bool IsAboutSelf(SignedEntry entry, SignedRecord? record)
    {
        if (entry.Kind == RecordKind.HoldingsDelta) return HoldingsDelta.Parse(entry).Owner == _self;
        if (record is not (PeerRecord or HoldingsPart) || record.Owner != _self) return false;
        // What it has said itself comes back with every change of its holdings.
        var known = record is PeerRecord ? _record.Current.Version : _store.VersionOf(record.Key);
        if (known >= record.Version || !record.Verify(_record.Current)) return true;
        if (record is HoldingsPart part)
        {
            var renewed = _holdings.JumpPast(new Dictionary<uint, long> { [part.Part] = part.Version });
            foreach (var own in renewed) _store.Put(own);
            Announce([.. renewed.Select(own => own.Entry)]);
        }
        else
        {
            RenewRecord(record.Version);
        }

        return true;
    }

    /// <summary>Ends when all that was noted before is on its way; what waits to go out together with more waits no longer.</summary>
    public async Task FlushAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            SendBroadcast();
            done.SetResult();
        });
        // A loop that has failed does nothing any more.
        await Task.WhenAny(done.Task, _running).ConfigureAwait(false);
    }

    /// <summary>Queues changes for all members; all of about 50 ms go out in one update.</summary>
    private void Broadcast(IReadOnlyList<SignedEntry> entries, RosterEntry? line)
    {
        _changedEntries.AddRange(entries);
        if (line is { } changed) _changedLines[changed.Peer] = changed;
        if (_broadcastDue || (_changedEntries.Count == 0 && _changedLines.Count == 0)) return;
        _broadcastDue = true;
        _ = BroadcastSoonAsync();
    }

    private async Task BroadcastSoonAsync()
    {
        try
        {
            await Task.Delay(Coalescing, _time, _stopping.Token).ConfigureAwait(false);
            Post(SendBroadcast);
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    private void SendBroadcast()
    {
        if (!_broadcastDue) return;
        _broadcastDue = false;
        if (!IsCoordinator) return;
        var members = _roster.Present.Where(peer => peer != _self).Select(RouteTo).OfType<Route>().ToList();
        var updates = SnapshotPager.Updates(_term, _lastSequence + 1, _changedLines.Values, _changedEntries).ToList();
        _lastSequence += updates.Count;
        foreach (var member in members)
        {
            // Who joins may bring a whole catalogue.
            if (updates.Count > FewUpdates) SendSeries(member, updates);
            else foreach (var update in updates) Send(member, update);
        }

        _changedEntries.Clear();
        _changedLines.Clear();
    }

    private void StopBroadcasting()
    {
        _changedEntries.Clear();
        _changedLines.Clear();
    }

    private void SendPublications(Route route, IReadOnlyList<SignedEntry> entries)
    {
        var pages = SnapshotPager.Publications(entries);
        // Few at a time are what a publisher of many shares says again and again.
        if (entries.Sum(entry => (long)entry.EncodedSize) > MembershipLimits.MaxPage) SendSeries(route, pages);
        else foreach (var page in pages) Send(route, page);
    }
}
