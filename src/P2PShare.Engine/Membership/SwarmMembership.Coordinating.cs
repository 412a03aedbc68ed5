using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine.Membership;

// The coordinator's part: admitting members, and telling all of what changed.
internal sealed partial class SwarmMembership
{
    private readonly List<SignedEntry> _changedEntries = [];
    private readonly Dictionary<PeerId, RosterEntry> _changedLines = [];
    private readonly List<(Link Link, Join Join)> _waitingJoins = [];
    private long _lastSequence;
    private Link? _bringer;
    private long _bringerToken;
    private bool _broadcastDue;

    private void OnJoin(Link link, Join join)
    {
        if (!IsCoordinator)
        {
            link.Send(Status());
            return;
        }

        // What this peer would tell now is less than the swarm has: who joined it has yet to bring that.
        if (_bringer is { IsClosed: false } bringer && bringer != link)
        {
            if (_waitingJoins.Count < MaxWaitingJoins) _waitingJoins.Add((link, join));
            return;
        }

        var before = _store.GetDigest();
        var remembered = new Joined
        {
            Term = Math.Max(_term, join.Term > _term ? join.Term + 1 : _term),
            Coordinator = _self,
            JoinNumber = 1,
            Digest = before,
            PeerVersion = _store.VersionOf(RecordKey.OfPeer(link.Remote)),
            ShareVersion = _store.HighestShareVersion(link.Remote),
            Holdings = [.. _store.HoldingsOf(link.Remote).Select(part => new PartVersion(part.Part, part.Version))],
        };
        var news = _verifier.TryAccept(join.Entry, out var problem);
        if (problem is not null || _store.FindPeer(link.Remote) is null)
        {
            var reason = problem ?? "it did not say who it is";
            _events.OnRefused(Addresses.Format(link.Identity.RemoteEndPoint), reason, incoming: true);
            _ = link.CloseAsync(GoodbyeReason.Other, reason);
            return;
        }

        _term = remembered.Term;
        var isNew = !_roster.IsPresent(link.Remote);
        var line = _roster.Admit(link.Remote);
        link.IsStanding = true;
        link.Send(remembered with { JoinNumber = line.JoinNumber });
        SendSnapshot(link, join.Digest);
        if (!_catalogueReady.Task.IsCompleted) AwaitRecords(link);
        // The record is sent on even when it is old news here: the roster line alone would name a peer that others do not know.
        Broadcast(news || isNew ? [_store.FindPeer(link.Remote)!.Entry] : [], line);
        SetState(PeerState.Joined);
        if (isNew) _events.OnPeerJoined(link.Remote);
        if (_roster.PresentCount == 2 && isNew) _events.OnJoined(_self, alone: false);
    }

    /// <summary>
    /// A peer that has just started and is joined by one with a history has the catalogue only when that has brought its
    /// records. Messages of a link keep their order, so the answer to a ping sent after the snapshot comes behind them.
    /// </summary>
    private void AwaitRecords(Link link)
    {
        _bringer = link;
        _bringerToken = 1 + _random.NextInt64(MembershipLimits.MaxNumber - 1);
        link.Send(new Ping(_bringerToken, Now));
        _ = StopAwaitingLaterAsync(link);
    }

    private void OnPong(Link link, Pong pong)
    {
        if (link == _bringer && pong.Token == _bringerToken) StopAwaiting();
    }

    private async Task StopAwaitingLaterAsync(Link link)
    {
        try
        {
            await Task.Delay(JoinTimeout, _time, _stopping.Token).ConfigureAwait(false);
            Post(() =>
            {
                if (_bringer == link) StopAwaiting();
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
        foreach (var (link, join) in waiting)
        {
            if (!link.IsClosed) OnJoin(link, join);
        }
    }

    private void SendSnapshot(Link link, CatalogueDigest theirs)
    {
        // Everything up to the last update sent is in it, and what is still to be sent may come twice: entries have versions.
        foreach (var page in SnapshotPager.Snapshot(_term, _lastSequence, _roster.Entries, _store.Difference(theirs))) link.Send(page);
    }

    private void OnPublish(Link link, Publish publish)
    {
        if (!IsCoordinator || !_roster.IsPresent(link.Remote)) return;
        var news = new List<SignedEntry>();
        Accept(link, publish.Entries, news);
        Broadcast(news, null);
        if (news.Count > 0) NotifyChanged();
    }

    private void Dismiss(PeerId peer)
    {
        if (peer == _self || _roster.Dismiss(peer) is not { } line) return;
        RememberAddresses([peer]);
        Broadcast([], line);
        SetState(PeerState.Joined);
        _events.OnPeerLeft(peer);
    }

    /// <summary>
    /// Takes in what is new. What a member brings is known to be its owner's word before it is passed on; what comes from
    /// the coordinator is checked when it is first used. What is refused is told.
    /// </summary>
    private void Accept(Link link, IReadOnlyList<SignedEntry> entries, List<SignedEntry>? collect)
    {
        if (entries.Count == 0) return;
        var from = link.RemoteName;
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
        if (!record.Verify(_record.Current)) return true;
        if (record is HoldingsPart part)
        {
            if (_store.VersionOf(part.Key) >= part.Version) return true;
            var renewed = _holdings.JumpPast(new Dictionary<uint, long> { [part.Part] = part.Version });
            foreach (var own in renewed) _store.Put(own);
            Announce([.. renewed.Select(own => own.Entry)]);
        }
        else if (record.Version > _record.Current.Version)
        {
            RenewRecord(record.Version);
        }

        return true;
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
        _broadcastDue = false;
        if (!IsCoordinator) return;
        var members = _roster.Present.Where(peer => peer != _self).Select(_transport.FindLink).OfType<Link>().ToList();
        foreach (var update in SnapshotPager.Updates(_term, _lastSequence + 1, _changedLines.Values, _changedEntries))
        {
            _lastSequence = update.Sequence;
            foreach (var member in members) member.Send(update);
        }

        _changedEntries.Clear();
        _changedLines.Clear();
    }

    private void StopBroadcasting()
    {
        _changedEntries.Clear();
        _changedLines.Clear();
    }

    private static void SendPublications(Link link, IReadOnlyList<SignedEntry> entries)
    {
        foreach (var publication in SnapshotPager.Publications(entries)) link.Send(publication);
    }
}
