using P2PShare.Cli.Output;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;

namespace P2PShare.Cli.Commands;

/// <summary>Brings what <c>send</c> publishes to those it is meant for, and waits for them.</summary>
/// <param name="context">The peer.</param>
/// <param name="to">Whom it is offered to; null for nobody.</param>
/// <param name="wait">Whether to wait until all of them have it, or have declined.</param>
/// <param name="copies">Waits until so many other peers have all of it; null for no such wait.</param>
/// <param name="timeout">How long to wait; null for as long as it takes.</param>
internal sealed class SendDelivery(PeerContext context, IReadOnlyList<string>? to, bool wait, int? copies, TimeSpan? timeout)
{
    private IReadOnlyList<PeerInfo> _peers = [];

    /// <summary>Whether the command ends when what is waited for has happened, instead of serving on.</summary>
    public bool Ends => wait || copies is not null;

    /// <summary>Finds out whom it is meant for, before anything is hashed.</summary>
    /// <returns>What is wrong with the names; with nobody left there is nothing to do.</returns>
    /// <exception cref="P2PShareException">SwarmNotJoined.</exception>
    public async Task<(bool IsForSomebody, int Failed)> ResolveAsync()
    {
        if (to is null && !wait) return (true, 0);
        await context.Peer.WaitForCatalogueAsync(CatalogueWait.Default, context.Token);
        var found = context.Peer.FindPeers(to ?? ["*"]);
        _peers = found.Peers;
        if (to is null) return (true, 0);
        foreach (var error in found.Errors) context.Output.Error(error);
        return (_peers.Count > 0, found.Errors.Count);
    }

    /// <summary>Offers a share that has just been published.</summary>
    public void Offer(ShareInfo share)
    {
        if (to is not null) context.Peer.Offer(share.InfoHash, _peers);
    }

    /// <summary>Waits as was asked for.</summary>
    /// <returns>How many shares did not come to where they were meant to.</returns>
    public async Task<int> WaitAsync(IReadOnlyList<ShareInfo> shares)
    {
        var arrived = await Task.WhenAll(shares.Select(WaitAsync));
        return arrived.Count(one => !one);
    }

    private async Task<bool> WaitAsync(ShareInfo share)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.Token);
        if (timeout is { } time) limit.CancelAfter(time);
        try
        {
            if (copies is { } number)
            {
                await context.Peer.WaitForCopiesAsync(share.InfoHash, number, new Changes<int>(count => context.Output.Copies(share, count, number)), limit.Token);
                return true;
            }

            var progress = new Changes<IReadOnlyList<ShareRecipient>>(recipients => context.Output.Delivery(share, recipients));
            var recipients = await context.Peer.WaitForRecipientsAsync(share.InfoHash, _peers, progress, limit.Token);
            context.Output.Recipients(share, recipients);
            if (ShareDelivery.Undelivered(share, recipients) is not { } error) return true;
            context.Output.Error(error);
        }
        catch (P2PShareException error)
        {
            context.Output.Error(error);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !context.Interruption.IsRequested)
        {
            var recipients = context.Peer.GetRecipients(share.InfoHash, wait || to is not null ? _peers : context.Peer.FindPeers(["*"]).Peers);
            context.Output.Recipients(share, recipients);
            context.Output.Error(ShareDelivery.TimedOut(share, recipients, copies, timeout!.Value));
        }

        return false;
    }

    /// <summary>Tells of each change in order; <see cref="Progress{T}"/> would post them to whichever thread is free.</summary>
    private sealed class Changes<T>(Action<T> changed) : IProgress<T>
    {
        private readonly Lock _gate = new();

        public void Report(T value)
        {
            lock (_gate) changed(value);
        }
    }
}
