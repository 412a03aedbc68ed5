using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transfers;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine;

// What happens inside becomes events for the user.
internal sealed partial class SwarmPeer : IMembershipEvents, ITransferEvents
{
    private Exception? _fault;

    void IMembershipEvents.OnJoined(PeerId coordinator, bool alone)
    {
        var (time, view) = (UtcNow, _membership.View);
        _eventQueue.Post(() => new PeerEvent
        {
            Kind = PeerEventKind.Joined,
            Time = time,
            Message = alone ? $"No other peer of the swarm '{SwarmName}' is known; waiting for others." : $"In the swarm '{SwarmName}', coordinated by '{Shown(coordinator)}'.",
            Peer = DescribePeer(coordinator, view),
        });
        SaveMemory();
    }

    void IMembershipEvents.OnIsolated(string reason)
    {
        if (_stopping) return;
        _discovery?.Hurry();
        Raise(new PeerEvent
        {
            Kind = PeerEventKind.Isolated,
            Time = UtcNow,
            Message = $"The coordinator of the swarm '{SwarmName}' is lost ({DisplayName.Escape(reason)}); looking for the others.",
        });
    }

    void IMembershipEvents.OnPeerJoined(PeerId peer) => RaisePeer(PeerEventKind.PeerJoined, peer, "has joined.");

    void IMembershipEvents.OnPeerLeft(PeerId peer) => RaisePeer(PeerEventKind.PeerLeft, peer, "has left.");

    void IMembershipEvents.OnCoordinatorChanged(PeerId coordinator) =>
        RaisePeer(PeerEventKind.CoordinatorChanged, coordinator, "coordinates the swarm.");

    void IMembershipEvents.OnShareChanged(ShareRecord share)
    {
        var withdrawn = share.IsWithdrawn;
        if (withdrawn && _store.IsWithdrawn(share.InfoHash)) StopOffering(share.InfoHash);
        DropOffersBefore(share);
        var time = UtcNow;
        _eventQueue.Post(() => !_verifier.IsGenuine(share) ? null : new PeerEvent
        {
            Kind = withdrawn ? PeerEventKind.ShareWithdrawn : PeerEventKind.SharePublished,
            Time = time,
            Message = $"'{Shown(share.Owner)}' {(withdrawn ? "withdrew" : "published")} '{DisplayName.Escape(share.Name)}'.",
            Share = DescribeShare(share, isNewest: true),
        });
    }

    void IMembershipEvents.OnRefused(string address, string reason, bool incoming) => Raise(new PeerEvent
    {
        Kind = PeerEventKind.PeerRefused,
        Time = UtcNow,
        Message = incoming ? $"A connection from {address} was refused: {DisplayName.Escape(reason)}" : DisplayName.Escape(reason),
        Address = address,
        ErrorId = ErrorIds.PeerRefused,
    });

    void IMembershipEvents.OnUnreachable(string address, string reason) => Raise(new PeerEvent
    {
        Kind = PeerEventKind.PeerUnreachable,
        Time = UtcNow,
        Message = DisplayName.Escape(reason) + " It is tried again.",
        Address = address,
        ErrorId = ErrorIds.PeerUnreachable,
    });

    void IMembershipEvents.OnEntryRefused(string from, string reason) =>
        Warn($"A record that came from '{DisplayName.Escape(from)}' was refused: {DisplayName.Escape(reason)}.", ErrorIds.InvalidMetadata);

    void IMembershipEvents.OnClaimRefused(string from, string reason) =>
        Warn($"What '{DisplayName.Escape(from)}' claimed was refused: {DisplayName.Escape(reason)}.", ErrorIds.ClaimRefused);

    void IMembershipEvents.OnTermChanged(long term) => SaveMemory();

    void IMembershipEvents.OnFault(Exception error)
    {
        _fault ??= error;
        Warn($"The peer has failed: {DisplayName.Escape(error.Message)}", null);
        _ = StopAsync(CancellationToken.None);
    }

    void ITransferEvents.OnStateChanged(Transfer transfer, TransferState state)
    {
        if (state == TransferState.Completed && transfer is { Info: { } info, Storage: PartialStorage { CompletedFiles: { } files } })
        {
            _localFiles.Add(info, [.. files.Select(file => (string?)file.FullPath)]);
            if (!transfer.IsPublished) _receivedFiles.Add(files);
        }

        if (!transfer.IsPublished && state is TransferState.Completed or TransferState.Failed or TransferState.Stopped) SettleOffersSoon(transfer, state);
        var name = DisplayName.Escape(transfer.Descriptor.Name);
        (PeerEventKind Kind, string Message)? happened = state switch
        {
            TransferState.Queued => (PeerEventKind.TransferStarted, $"Receiving '{name}'."),
            TransferState.Completed when !transfer.IsPublished => (PeerEventKind.TransferCompleted, $"Received and verified '{name}'."),
            TransferState.Failed => (PeerEventKind.TransferFailed, $"'{name}' was not received."),
            TransferState.Suspended => (PeerEventKind.TransferSuspended, $"'{name}' is suspended."),
            TransferState.Stopped => (PeerEventKind.TransferStopped, $"'{name}' was stopped."),
            _ => null,
        };
        if (happened is { } known) PostTransferEvent(transfer, known.Kind, known.Message);
    }

    void ITransferEvents.OnProgress(Transfer transfer) => PostTransferEvent(transfer, PeerEventKind.TransferProgress, null);

    void ITransferEvents.OnHoldingChanged(InfoHash share, TransferHolding holding)
    {
        // Torrents from foreign clients are nothing the swarm knows of, and are never bridged silently.
        if (_store.SharesOf(share).Count == 0 || _stopping) return;
        _membership.SetHolding(share, holding switch
        {
            TransferHolding.Complete => HoldingState.Complete,
            TransferHolding.Partial => HoldingState.Partial,
            _ => HoldingState.None,
        });
    }

    void ITransferEvents.OnLimitsChanged(Transfer transfer) => Remember(transfer);

    void ITransferEvents.OnPeerBanned(Transfer transfer, PeerId? peer, string peerName, string reason) =>
        Warn($"'{DisplayName.Escape(peerName)}' is no longer asked for '{DisplayName.Escape(transfer.Descriptor.Name)}': {DisplayName.Escape(reason)}", ErrorIds.InvalidMetadata);

    void ITransferEvents.OnWarning(Transfer transfer, string errorId, string message) => Warn(DisplayName.Escape(message), errorId);

    private void Raise(PeerEvent happened) => _eventQueue.Post(happened);

    private void RaisePeer(PeerEventKind kind, PeerId peer, string message)
    {
        var (time, view) = (UtcNow, _membership.View);
        _eventQueue.Post(() => new PeerEvent { Kind = kind, Time = time, Message = $"'{Shown(peer)}' {message}", Peer = DescribePeer(peer, view) });
    }

    private void Warn(string message, string? errorId) =>
        Raise(new PeerEvent { Kind = PeerEventKind.Warning, Time = UtcNow, Message = message, ErrorId = errorId });

    // The transfer's lock is held here, and a snapshot takes it again: another thread does that.
    private void PostTransferEvent(Transfer transfer, PeerEventKind kind, string? message) => ThreadPool.UnsafeQueueUserWorkItem(
        static work =>
        {
            var (peer, transfer, kind, message) = work;
            var snapshot = transfer.GetSnapshot();
            if (kind == PeerEventKind.TransferCompleted && transfer.Descriptor.SeedFor is { } time) _ = peer.EndSeedingAsync(transfer, time);
            if (kind is PeerEventKind.TransferStarted or PeerEventKind.TransferCompleted or PeerEventKind.TransferSuspended) peer.RememberSoon(transfer);
            else if (kind == PeerEventKind.TransferStopped) peer.Forget(snapshot.TransferId);
            message ??= $"'{DisplayName.Escape(snapshot.Name)}': {snapshot.PercentComplete:0.0} %.";
            if (snapshot.Error is { } error && kind == PeerEventKind.TransferFailed) message += " " + DisplayName.Escape(error);
            peer.Raise(new PeerEvent { Kind = kind, Time = peer.UtcNow, Message = message, Transfer = snapshot, ErrorId = snapshot.ErrorId });
        },
        (this, transfer, kind, message),
        preferLocal: false);

    private string Shown(PeerId peer) => DisplayName.Escape(_membership.NameOf(peer));
}
