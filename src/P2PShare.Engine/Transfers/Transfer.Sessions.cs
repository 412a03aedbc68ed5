using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>This part: the sessions, and the transfer's clock.</summary>
internal sealed partial class Transfer
{
    /// <summary>The most channels that a transfer opens by itself.</summary>
    public const int MaxNeighbours = 30;

    // Whoever wants something of us opens a channel too; beyond this many the next is refused.
    private const int MaxSessions = 200;

    private static readonly TimeSpan SnubAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CloseSilentAfter = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan HashTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RefusalsLast = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdleSeedsLast = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BuffersLast = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly IChoker _choker;
    private readonly HashSet<PeerId> _bannedPeers = [];
    private readonly HashSet<string> _bannedForeign = [];
    private PeerSession[] _sessions = [];
    private PeerSession? _wisher;
    private long _slowTickAt;
    private long _chokedAt;
    private long _refusalsForgottenAt;
    private long _deserted;
    private long _progressBytes;

    /// <summary>The open sessions: a snapshot, not to be changed.</summary>
    public PeerSession[] Sessions => Volatile.Read(ref _sessions);

    /// <summary>Raised when a session has opened or closed; outside the gate.</summary>
    public event Action? SessionsChanged;

    public bool IsBanned(PeerId peer)
    {
        lock (Gate) return _bannedPeers.Contains(peer);
    }

    public bool IsBanned(string foreignName)
    {
        lock (Gate) return _bannedForeign.Contains(foreignName);
    }

    /// <summary>Whether there is, or is about to be, a session with a peer.</summary>
    public bool HasSession(PeerId peer)
    {
        foreach (var session in Sessions)
        {
            if (session.RemoteId == peer) return true;
        }

        return false;
    }

    /// <summary>What a channel's opening shall bring along: the metadata over one channel at a time. With the gate held.</summary>
    public ChannelExtras TakeWish(PeerSession session)
    {
        if (_services is null || NeedsNothing) return ChannelExtras.None;
        var wish = _metadataOnly ? ChannelExtras.None : ChannelExtras.Interest;
        if (_wisher is not null) return wish;
        if (Info is null) wish |= ChannelExtras.Info;
        if (LacksAttributes) wish |= ChannelExtras.Attributes;
        if (Layers is null && !_metadataOnly) wish |= ChannelExtras.PieceLayers;
        if (wish is not (ChannelExtras.None or ChannelExtras.Interest)) _wisher = session;
        return wish;
    }

    /// <summary>A channel was not opened, or has ended: the next one may bring the metadata. With no lock held, or the gate.</summary>
    public void DropWish(PeerSession session)
    {
        lock (Gate)
        {
            if (_wisher == session) _wisher = null;
        }
    }

    /// <summary>Takes a session in. With the gate held.</summary>
    /// <returns>Null, or why not.</returns>
    public string? AddSession(PeerSession session)
    {
        if (_phase is TransferState.Suspended or TransferState.Failed or TransferState.Stopped) return "the share is not offered here at the moment";
        if (_sessions.Length >= MaxSessions) return "too many sessions";
        if (session.RemoteId is { } peer ? _bannedPeers.Contains(peer) : _bannedForeign.Contains(session.RemoteName)) return "banned";
        _sessions = [.. _sessions, session];
        _deserted = 0;
        _connectNote = null;
        Queue?.AddPeer(session.Download);
        RaiseState();
        return null;
    }

    /// <summary>Takes a session out; its blocks are free for others. With the gate held.</summary>
    public void RemoveSession(PeerSession session)
    {
        DropWish(session);
        if (!_sessions.Contains(session)) return;
        _sessions = [.. _sessions.Where(other => other != session)];
        if (_sessions.Length == 0) _deserted = Time.GetTimestamp();
        Queue?.RemovePeer(session.Download);
        Sole.Remove(session);
        Sole.Review();
        RaiseState();
    }

    public void OnSessionOpened(PeerSession session)
    {
        _ = session;
        SessionsChanged?.Invoke();
    }

    public void OnSessionClosed(PeerSession session, string reason)
    {
        _ = reason;
        _infoFetch?.Remove(session);
        _attributesFetch?.Remove(session);
        _layerFetch?.Remove(session);
        PumpAll();
        SessionsChanged?.Invoke();
    }

    /// <summary>The peer has said what it has: it may be asked for piece layers.</summary>
    public void OnAvailabilityKnown(PeerSession session) => _layerFetch?.Offer(session);

    public void OnBlobsOffered(PeerSession session)
    {
        _infoFetch?.Offer(session);
        _attributesFetch?.Offer(session);
    }

    public void OnBlobMessage(PeerSession session, bool attributes, MetadataMessage message) =>
        (attributes ? _attributesFetch : _infoFetch)?.OnMessage(session, message);

    /// <summary>Closes sessions over which neither side has anything to get from the other.</summary>
    /// <returns>Whose they were.</returns>
    public List<PeerId> CloseUseless(int atMost, TimeSpan quietFor)
    {
        var closed = new List<PeerId>();
        lock (Gate)
        {
            foreach (var session in _sessions)
            {
                if (closed.Count == atMost) break;
                if (session is not { RemoteId: { } peer, IsRemoteInterested: false, Download: { Interesting: 0, Outstanding: 0 } }
                    || Time.GetElapsedTime(session.LastMessageAt) < quietFor) continue;
                closed.Add(peer);
                session.Close("there is nothing to exchange at the moment");
            }
        }

        return closed;
    }

    /// <summary>Uses a peer no more for this share: what it sent was not true. May be called with the gate held.</summary>
    public void Ban(PeerSession session, string reason)
    {
        lock (Gate)
        {
            if (session.Download.IsBarred) return;
            session.Download.IsBarred = true;
            if (session.RemoteId is { } peer) _bannedPeers.Add(peer);
            else _bannedForeign.Add(session.RemoteName);
            Queue?.ReleaseAll(session.Download, keepAwaiting: true);
            _events.OnPeerBanned(this, session.RemoteId, session.RemoteName, reason);
        }

        session.Close(reason);
    }

    /// <summary>The peer's interest has changed: there may be a slot for it, or a free one. With the gate held.</summary>
    public void OnInterestChanged(PeerSession session)
    {
        if (!session.IsRemoteInterested)
        {
            session.SetChoking(true);
            return;
        }

        var unchoked = 0;
        foreach (var other in _sessions)
        {
            if (!other.AmChoking) unchoked++;
        }

        if (unchoked < _choker.Slots) session.SetChoking(false);
    }

    /// <summary>Lets all sessions ask for what has become free. With no lock held.</summary>
    public void PumpAll()
    {
        foreach (var session in Sessions) session.Pump();
    }

    /// <summary>Lets those sessions ask that could not for lack of memory, budget or rate. With no lock held.</summary>
    public void PumpStarved()
    {
        foreach (var session in Sessions)
        {
            bool starved;
            lock (Gate) starved = session.Download.IsStarved;
            if (starved) session.Pump();
        }
    }

    /// <summary>Tells all peers of pieces that are on disk now. With no lock held.</summary>
    public void Announce(ReadOnlySpan<int> pieces)
    {
        foreach (var session in Sessions)
        {
            foreach (var piece in pieces) session.SendHave(piece);
        }
    }

    /// <summary>Moves what waits for time to pass; called about ten times a second.</summary>
    public void Tick()
    {
        var now = Time.GetTimestamp();
        if (IsUploadLimited && _sessions.Length > 0) PaceUploads();
        PumpStarved();
        if (_slowTickAt != 0 && Time.GetElapsedTime(_slowTickAt, now) < Second) return;
        _slowTickAt = now;
        SlowTick(now);
    }

    private void SlowTick(long now)
    {
        var freed = false;
        var forget = _refusalsForgottenAt == 0 || Time.GetElapsedTime(_refusalsForgottenAt, now) >= RefusalsLast;
        if (forget) _refusalsForgottenAt = now;
        foreach (var session in Sessions)
        {
            lock (Gate)
            {
                freed |= session.CheckSilence(SnubAfter, CloseSilentAfter);
                if (forget && session.Download.HasRefusals)
                {
                    session.Download.ForgetRefusals();
                    freed = true;
                }

                if (NeedsNothing && session.Download.Have is { IsFull: true } && Time.GetElapsedTime(session.LastMessageAt, now) > IdleSeedsLast)
                    session.Close("both have all of it");
            }

            session.ExpireHashRequests(HashTimeout);
        }

        lock (Gate)
        {
            Sole.Tick();
            if (_sessions.Length == 0 && _deserted != 0 && Time.GetElapsedTime(_deserted, now) > BuffersLast)
            {
                // Others may need the memory more.
                Queue?.DropAll();
                _deserted = 0;
            }

            if (_sessions.Length > 0 && Time.GetElapsedTime(_chokedAt, now) >= _choker.Interval)
            {
                _chokedAt = now;
                Rechoke(now);
            }

            var bytes = _receivedMeter.Total + _sentMeter.Total + (Storage?.BytesHeld ?? Interlocked.Read(ref _checked));
            if (bytes != _progressBytes)
            {
                _progressBytes = bytes;
                _events.OnProgress(this);
            }
        }

        _infoFetch?.Tick();
        _attributesFetch?.Tick();
        _layerFetch?.Tick();
        if (freed) PumpAll();
    }

    private void Rechoke(long now)
    {
        var interested = new List<PeerSession>();
        foreach (var session in _sessions)
        {
            if (session.IsRemoteInterested) interested.Add(session);
        }

        var chosen = _choker.Choose(interested, now);
        foreach (var session in _sessions)
        {
            if (!session.AmChoking && !chosen.Contains(session)) session.SetChoking(true);
        }

        foreach (var session in chosen) session.SetChoking(false);
    }
}
