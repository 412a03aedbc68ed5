using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine;

// Offering shares to chosen peers, and waiting until they have them.
internal sealed partial class SwarmPeer
{
    public PeerSelectionResult FindPeers(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var present = _membership.View.Present.Where(peer => peer != _identity.PeerId).Select(peer => (Peer: peer, Name: _membership.NameOf(peer))).ToList();
        var found = new Dictionary<PeerId, PeerInfo>();
        var errors = new List<P2PShareException>();
        foreach (var name in names)
        {
            var matches = FindPeers(name, present).ToList();
            foreach (var peer in matches) found.TryAdd(peer, DescribePeer(peer));
            if (matches.Count == 0) errors.Add(NoSuchPeer(name));
        }

        return new PeerSelectionResult([.. found.Values.OrderBy(peer => peer.Name, StringComparer.OrdinalIgnoreCase)], errors);
    }

    public void Offer(string infoHash, IReadOnlyList<PeerInfo> peers)
    {
        ArgumentNullException.ThrowIfNull(peers);
        ThrowIfStopping();
        var share = OwnShare(infoHash) ?? throw new P2PShareException(
            ErrorKind.ObjectNotFound, ErrorIds.ShareNotFound, $"This peer has not published the share {infoHash}, or withdrew it.", infoHash,
            "Only its publisher offers a share to others.");
        foreach (var peer in peers)
        {
            if (_sentOffers.Add(share, ParsePeerId(peer.PeerId))) continue;
            throw new P2PShareException(
                ErrorKind.ResourceBusy, ErrorIds.OfferNotTaken, "Too many offers of this peer wait for an answer.", infoHash, "Wait until some are taken, or withdraw shares that nobody wants.");
        }

        OnOffersChanged();
    }

    public IReadOnlyList<ShareRecipient> GetRecipients(string infoHash, IReadOnlyList<PeerInfo>? peers = null)
    {
        var asked = OwnShare(infoHash) is { } share ? _sentOffers.RecipientsOf(share) : new Dictionary<PeerId, (RecipientState, string)>();
        var ids = peers?.Select(peer => ParsePeerId(peer.PeerId)) ?? asked.Keys;
        return DescribeRecipients(ParseInfoHash(infoHash), ids, asked, []);
    }

    public async Task<IReadOnlyList<ShareRecipient>> WaitForRecipientsAsync(
        string infoHash, IReadOnlyList<PeerInfo> peers, IProgress<IReadOnlyList<ShareRecipient>>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(peers);
        var hash = ParseInfoHash(infoHash);
        PeerId[] ids = [.. peers.Select(peer => ParsePeerId(peer.PeerId)).Distinct()];
        // Who had all of it once is done, even if it stops giving it to others.
        var complete = new HashSet<PeerId>();
        IReadOnlyList<ShareRecipient> reported = [];
        Task offers = Task.CompletedTask, holders = Task.CompletedTask;
        try
        {
            while (true)
            {
                if (offers.IsCompleted) offers = _offerSender.ChangedAsync(cancellationToken);
                if (holders.IsCompleted) holders = _membership.HoldersChangedAsync(cancellationToken);
                var asked = OwnShare(infoHash) is { } share ? _sentOffers.RecipientsOf(share) : throw Withdrawn(infoHash);
                var recipients = DescribeRecipients(hash, ids, asked, complete);
                if (!recipients.SequenceEqual(reported)) progress?.Report(reported = recipients);
                if (!recipients.Any(recipient => recipient.IsOpen)) return recipients;
                await (await Task.WhenAny(offers, holders).ConfigureAwait(false)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Stopped();
        }
    }

    private async Task StopOffersAsync()
    {
        await StopAcceptingAsync().ConfigureAwait(false);
        await _offerSender.DisposeAsync().ConfigureAwait(false);
        _offersFile.Close();
    }

    private void StartOffers()
    {
        _offersFile.Load();
        StartAccepting();
        _offerSender.Wake();
    }

    private void OnOffersChanged()
    {
        _offersFile.SaveSoon();
        _offerSender.Wake();
    }

    private void SupersedeOffers(InfoHash share, string name)
    {
        _sentOffers.Supersede(new OfferedShare(share, name));
        OnOffersChanged();
    }

    private void OnOfferAnswer(PeerId peer, IReadOnlyList<OfferReply> replies)
    {
        foreach (var reply in replies)
        {
            if (_sentOffers.Answer(peer, reply) is not { } state) continue;
            var (name, who) = (Storage.DisplayName.Escape(reply.Share.Name), Shown(peer));
            var message = state switch
            {
                RecipientState.Receiving => $"'{who}' takes '{name}'.",
                RecipientState.Complete => $"'{who}' has all of '{name}'.",
                RecipientState.Declined => $"'{who}' declined '{name}'{Because(reply.Text)}.",
                RecipientState.Failed => $"'{who}' could not receive '{name}'{Because(reply.Text)}.",
                _ => $"'{who}' lists the offer of '{name}'.",
            };
            Raise(new PeerEvent
            {
                Kind = PeerEventKind.OfferAnswered,
                Time = UtcNow,
                Message = message,
                Peer = DescribePeer(peer),
                ErrorId = state is RecipientState.Declined or RecipientState.Failed ? ErrorIds.OfferNotTaken : null,
            });
        }

        OnOffersChanged();
    }

    private bool IsServed(InfoHash share) => _transfers.Find(share).Any(transfer => transfer.IsComplete);

    private OfferedShare? OwnShare(string infoHash) => _store.SharesOf(ParseInfoHash(infoHash))
        .Where(record => record.Owner == _identity.PeerId && !record.IsWithdrawn)
        .MaxBy(record => record.Version) is { } own ? new OfferedShare(own.InfoHash, own.Name) : null;

    private IEnumerable<PeerId> FindPeers(string name, List<(PeerId Peer, string Name)> present)
    {
        if (Protocol.Membership.PeerId.TryParse(name, out var exact) && exact != _identity.PeerId && _store.FindPeer(exact) is not null) return [exact];
        if (WildcardPattern.HasWildcards(name))
        {
            var pattern = new WildcardPattern(name);
            var matching = present.Where(peer => pattern.IsMatch(peer.Name)).Select(peer => peer.Peer).ToList();
            if (matching.Count > 0) return matching;
        }

        var called = present.Where(peer => string.Equals(peer.Name, name, StringComparison.OrdinalIgnoreCase)).Select(peer => peer.Peer).ToList();
        if (called.Count > 0) return called;
        // One that lost its key left its old record behind: the last that was seen under the name is meant.
        return _store.PeekPeers
            .Where(record => record.Owner != _identity.PeerId && string.Equals(record.Details.Name, name, StringComparison.OrdinalIgnoreCase))
            .OrderByDescending(record => record.Version)
            .Select(record => record.Owner)
            .Where(peer => _store.FindPeer(peer) is { } record && string.Equals(record.Details.Name, name, StringComparison.OrdinalIgnoreCase))
            .Take(1);
    }

    private P2PShareException NoSuchPeer(string name) => new(
        ErrorKind.ObjectNotFound, ErrorIds.NoSuchPeer,
        string.Equals(name, Name, StringComparison.OrdinalIgnoreCase)
            ? $"'{name}' is this peer itself, and no other peer of that name is known."
            : $"No other peer of the swarm '{SwarmName}' is known by '{name}'.",
        name, "List the peers and choose among their names; wildcards stand only for peers that are in the swarm now.");

    private List<ShareRecipient> DescribeRecipients(
        InfoHash share, IEnumerable<PeerId> peers, IReadOnlyDictionary<PeerId, (RecipientState State, string Detail)> asked, HashSet<PeerId> complete)
    {
        var present = _membership.View.Present;
        var holders = _store.HoldersOf(share).ToDictionary(holder => holder.Peer, holder => holder.State);
        return [.. peers
            .Select(peer =>
            {
                var (state, detail) = asked.TryGetValue(peer, out var answer) ? answer : (RecipientState.None, "");
                var holding = holders.GetValueOrDefault(peer);
                if (holding == HoldingState.Complete || state == RecipientState.Complete) complete.Add(peer);
                if (complete.Contains(peer)) (state, detail) = (RecipientState.Complete, "");
                else if (holding == HoldingState.Partial && present.Contains(peer) && state != RecipientState.Failed) (state, detail) = (RecipientState.Receiving, "");
                return new ShareRecipient { Name = _membership.NameOf(peer), PeerId = peer.ToString(), State = state, Detail = detail, IsPresent = present.Contains(peer) };
            })
            .OrderBy(recipient => recipient.Name, StringComparer.OrdinalIgnoreCase)];
    }

    private static string Because(string text) => text.Length == 0 ? "" : ": " + Storage.DisplayName.Escape(text);

    private static PeerId ParsePeerId(string text) => Protocol.Membership.PeerId.TryParse(text, out var id)
        ? id
        : throw new P2PShareException(ErrorKind.InvalidArgument, ErrorIds.NoSuchPeer, $"'{text}' is not a peer id of 64 hexadecimal digits.", text);

    private static P2PShareException Withdrawn(string infoHash) => new(
        ErrorKind.ObjectNotFound, ErrorIds.ShareNotFound, $"The share {infoHash} was withdrawn while it was waited for.", infoHash);
}
