using System.Threading.Channels;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Offers;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transfers;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine;

// What others offer this peer: taken by itself, or listed for its user. An offer only points to a share record; it has no
// say in where anything is put.
internal sealed partial class SwarmPeer
{
    private const int OfferQueueSize = 1024;

    // A queue that is full drops what comes: whoever offers, offers again.
    private readonly Channel<(PeerId Publisher, Offer Offer)> _offerQueue = Channel.CreateBounded<(PeerId, Offer)>(
        new BoundedChannelOptions(OfferQueueSize) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    private readonly CancellationTokenSource _acceptStopping = new();
    private Task _accepting = Task.CompletedTask;

    public IReadOnlyList<ShareInfo> GetOffers() =>
        [.. _receivedOffers.All.Where(offer => offer.State == ReceivedOfferState.Listed).Select(DescribeOffer).OfType<ShareInfo>()];

    public ShareInfo DeclineOffer(string infoHash)
    {
        ThrowIfStopping();
        var offers = _receivedOffers.Of(ParseInfoHash(infoHash)).Where(offer => offer.State == ReceivedOfferState.Listed).ToList();
        var declined = offers.Select(DescribeOffer).OfType<ShareInfo>().FirstOrDefault() ?? throw new P2PShareException(
            ErrorKind.ObjectNotFound, ErrorIds.OfferNotFound, $"Nobody offers the share {infoHash} to this peer.", infoHash, "List what is offered and choose among that.");
        foreach (var offer in offers)
        {
            _receivedOffers.Set(offer with { State = ReceivedOfferState.Declined });
            TellSoon(offer, OfferOutcome.Declined, "");
        }

        _offersFile.SaveSoon();
        return declined;
    }

    private void OnOffers(Link link, MembershipMessage message)
    {
        if (message is OfferAnswer answer) OnOfferAnswer(link.Remote, answer.Replies);
        else if (message is Offer offer) _offerQueue.Writer.TryWrite((link.Remote, offer));
    }

    private void StartAccepting() => _accepting = Task.Run(AcceptAsync);

    private async Task StopAcceptingAsync()
    {
        await _acceptStopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
    }

    private async Task AcceptAsync()
    {
        var token = _acceptStopping.Token;
        try
        {
            if (_accept is not null) await AcceptListedAsync(token).ConfigureAwait(false);
            await foreach (var (publisher, offer) in _offerQueue.Reader.ReadAllAsync(token).ConfigureAwait(false))
            {
                var replies = new List<OfferReply>(offer.Shares.Count);
                foreach (var share in offer.Shares) replies.Add(await ConsiderAsync(publisher, share, token).ConfigureAwait(false));
                _transport.FindLink(publisher)?.Send(new OfferAnswer(replies));
            }
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    // What was listed by an earlier run that had nowhere to put it.
    private async Task AcceptListedAsync(CancellationToken token)
    {
        if (_receivedOffers.All.All(offer => offer.State != ReceivedOfferState.Listed)) return;
        await _membership.CatalogueReady.WaitAsync(token).ConfigureAwait(false);
        foreach (var offer in _receivedOffers.All.Where(offer => offer.State == ReceivedOfferState.Listed))
        {
            var reply = await ConsiderAsync(offer.Publisher, offer.Share, token).ConfigureAwait(false);
            if (reply.Outcome != OfferOutcome.Listed) TellSoon(offer, reply.Outcome, reply.Text);
        }
    }

    private async Task<OfferReply> ConsiderAsync(PeerId publisher, OfferedShare share, CancellationToken token)
    {
        if (FindOffered(publisher, share) is not { } record) return new OfferReply(share, OfferOutcome.Unknown);
        if (NewerThan(record)) return new OfferReply(share, OfferOutcome.Declined, "a newer version is known here");
        var known = _receivedOffers.Find(publisher, share);
        if (known is { State: ReceivedOfferState.Declined }) return new OfferReply(share, OfferOutcome.Declined);
        var accept = _accept is { } rule && rule.Covers(_membership.NameOf(publisher), publisher.ToString()) ? rule : null;
        if (IsHere(share.InfoHash, accept?.Folder)) return new OfferReply(share, OfferOutcome.Complete);
        var offer = known ?? new ReceivedOffer(publisher, share, UtcNow, ReceivedOfferState.Listed);
        if (accept is null)
        {
            // What its user receives already needs nobody's decision.
            if (_transfers.Find(share.InfoHash).Any(IsUnderWay)) return new OfferReply(share, OfferOutcome.Accepted);
            if (!_receivedOffers.Set(offer with { State = ReceivedOfferState.Listed })) return new OfferReply(share, OfferOutcome.Busy);
            if (known is null) RaiseOffer(record, $"'{Shown(publisher)}' offers '{DisplayName.Escape(share.Name)}'.", null);
            _offersFile.SaveSoon();
            return new OfferReply(share, OfferOutcome.Listed);
        }

        if (!_receivedOffers.Set(offer with { State = ReceivedOfferState.Accepted })) return new OfferReply(share, OfferOutcome.Busy);
        _offersFile.SaveSoon();
        return await TakeAsync(offer, record, accept, isNew: known is null, token).ConfigureAwait(false);
    }

    private async Task<OfferReply> TakeAsync(ReceivedOffer offer, ShareRecord record, AcceptRule accept, bool isNew, CancellationToken token)
    {
        try
        {
            await StopOlderAsync(offer, accept.Folder, token).ConfigureAwait(false);
            var request = new ReceiveRequest { InfoHash = offer.Share.InfoHash.ToString(), Destination = accept.Folder, ReplaceReceived = true };
            var transfer = await ReceiveShareAsync(request, record, token).ConfigureAwait(false);
            if (isNew) RaiseOffer(record, $"'{Shown(offer.Publisher)}' offers '{DisplayName.Escape(offer.Share.Name)}'; it is received into '{DisplayName.Escape(accept.Folder)}'.", null);
            // It may have failed before the offer was noted as taken.
            if (transfer.GetSnapshot() is { State: TransferState.Completed or TransferState.Failed } done) SettleOffersSoon(transfer, done.State);
            return new OfferReply(offer.Share, OfferOutcome.Accepted);
        }
        catch (P2PShareException error)
        {
            List(offer);
            RaiseOffer(record, $"'{Shown(offer.Publisher)}' offers '{DisplayName.Escape(offer.Share.Name)}', which cannot be received: {DisplayName.Escape(error.Message)}", error.ErrorId);
            return new OfferReply(offer.Share, OfferOutcome.Failed, error.Message);
        }
    }

    // An older version that is still on its way would come to stand where the newer one is to be.
    private async Task StopOlderAsync(ReceivedOffer offer, string folder, CancellationToken token)
    {
        foreach (var older in _receivedOffers.Of(offer.Publisher, offer.Share.Name).Where(other => other.Share != offer.Share))
        {
            _receivedOffers.Remove(older.Publisher, older.Share);
            foreach (var transfer in _transfers.Find(older.Share.InfoHash).Where(transfer => !transfer.IsPublished && transfer.Descriptor.Destination == folder && IsUnderWay(transfer)))
                await transfer.StopAsync(keepPartial: false, token).ConfigureAwait(false);
        }
    }

    // The transfer's lock may be held here.
    private void SettleOffersSoon(Transfer transfer, TransferState state) => ThreadPool.UnsafeQueueUserWorkItem(
        static work => work.Peer.SettleOffers(work.Transfer, work.State), (Peer: this, Transfer: transfer, State: state), preferLocal: false);

    private void SettleOffers(Transfer transfer, TransferState state)
    {
        // Some files of a share are not the share.
        if (_stopping || transfer.Descriptor.Files is not null) return;
        if (state == TransferState.Completed && transfer.Descriptor.ReplaceReceived) _ = RetireOlderAsync(transfer);
        var any = false;
        foreach (var offer in _receivedOffers.Of(transfer.InfoHash))
        {
            any = true;
            if (state == TransferState.Completed)
            {
                _receivedOffers.Remove(offer.Publisher, offer.Share);
                TellSoon(offer, OfferOutcome.Complete, "");
            }
            else if (offer.State == ReceivedOfferState.Accepted)
            {
                var failed = state == TransferState.Failed;
                if (failed) List(offer);
                else _receivedOffers.Set(offer with { State = ReceivedOfferState.Declined });
                TellSoon(offer, failed ? OfferOutcome.Failed : OfferOutcome.Declined, failed ? transfer.GetSnapshot().Error ?? "" : "its user stopped it");
            }
        }

        if (any) _offersFile.SaveSoon();
    }

    // Files that have given way to those of a newer version are not served any more as what they were.
    private async Task RetireOlderAsync(Transfer newer)
    {
        var place = newer.GetSnapshot().FullName;
        foreach (var older in _transfers.Transfers.Where(other => other != newer && other.InfoHash != newer.InfoHash && other.IsComplete && other.GetSnapshot().FullName == place))
        {
            if (_store.SharesOf(older.InfoHash).Any(record => record.Owner == _identity.PeerId && !record.IsWithdrawn)) continue;
            if (IsMirrored(newer) && !older.IsPublished) RemoveLeftBehind(older, newer);
            Forget(older.Descriptor.TransferId);
            await _transfers.RemoveAsync(older).ConfigureAwait(false);
        }
    }

    private void DropOffersBefore(ShareRecord share)
    {
        var offered = new OfferedShare(share.InfoHash, share.Name);
        if (share.Owner == _identity.PeerId)
        {
            if (!share.IsWithdrawn) return;
            _sentOffers.Remove(offered);
            OnOffersChanged();
            return;
        }

        if (_receivedOffers.Of(share.Owner, share.Name) is not { Count: > 0 } offers || !_verifier.IsGenuine(share)) return;
        foreach (var offer in offers)
        {
            // What is being received goes on: a newer offer of the name ends it, and a withdrawal leaves it without sources.
            var isOver = share.IsWithdrawn
                ? offer.Share == offered
                : offer.State == ReceivedOfferState.Listed && offer.Share != offered && (RecordOf(offer.Publisher, offer.Share)?.Version ?? 0) < share.Version;
            if (!isOver) continue;
            _receivedOffers.Remove(offer.Publisher, offer.Share);
            _offersFile.SaveSoon();
        }
    }

    private void List(ReceivedOffer offer) => _receivedOffers.Set(offer with { State = ReceivedOfferState.Listed });

    /// <summary>Lets a publisher know, at once or not at all: when it comes back it asks again.</summary>
    private void TellSoon(ReceivedOffer offer, OfferOutcome outcome, string text) => _ = TellAsync(offer.Publisher, new OfferReply(offer.Share, outcome, text));

    private async Task TellAsync(PeerId publisher, OfferReply reply)
    {
        try
        {
            if (!_membership.View.Present.Contains(publisher)) return;
            var link = await _transport.ConnectAsync(publisher, _acceptStopping.Token).ConfigureAwait(false);
            link.Send(new OfferAnswer([reply]));
        }
        catch (Exception error) when (error is P2PShareException or OperationCanceledException)
        {
            // Its holdings tell the publisher what matters most.
        }
    }

    private bool IsHere(InfoHash share, string? folder) => _transfers.Find(share).Any(transfer =>
        transfer.IsComplete && (folder is null || Path.GetDirectoryName(transfer.GetSnapshot().FullName) == folder) && FilesOf(transfer)?.All(IsUnchanged) == true);

    private static IReadOnlyList<SourceFile>? FilesOf(Transfer transfer) => (transfer.Storage as PartialStorage)?.CompletedFiles ?? (transfer.Storage as SourceStorage)?.Files;

    private static bool IsUnderWay(Transfer transfer) => transfer.GetSnapshot().State is < TransferState.Completed or TransferState.Suspended;

    private ShareRecord? RecordOf(PeerId publisher, OfferedShare share) => _store.SharesOf(share.InfoHash)
        .FirstOrDefault(record => record.Owner == publisher && record.Name == share.Name && !record.IsWithdrawn);

    private ShareRecord? FindOffered(PeerId publisher, OfferedShare share) =>
        RecordOf(publisher, share) is { } found && _verifier.IsGenuine(found) ? found : null;

    private bool NewerThan(ShareRecord share) => _store.SharesNamed(new ShareFilter(new ShareQuery { LiteralNames = [share.Name] })).Any(other =>
        other.Owner == share.Owner && other.Name == share.Name && !other.IsWithdrawn && other.Version > share.Version && _verifier.IsGenuine(other));

    private ShareInfo? DescribeOffer(ReceivedOffer offer) => FindOffered(offer.Publisher, offer.Share) is { } record
        ? DescribeShare(record, isNewest: true) with { OfferedBy = _membership.NameOf(offer.Publisher), Offered = offer.Received }
        : null;

    private void RaiseOffer(ShareRecord record, string message, string? errorId) => Raise(new PeerEvent
    {
        Kind = PeerEventKind.OfferReceived,
        Time = UtcNow,
        Message = message,
        Peer = DescribePeer(record.Owner),
        Share = DescribeShare(record, isNewest: true) with { OfferedBy = _membership.NameOf(record.Owner), Offered = UtcNow },
        ErrorId = errorId,
    });
}
