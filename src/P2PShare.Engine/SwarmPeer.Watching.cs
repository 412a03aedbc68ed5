using System.Runtime.CompilerServices;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Membership.Watching;
using P2PShare.Engine.Transfers;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine;

// Who has how much of a share.
internal sealed partial class SwarmPeer
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    // A coordinator that does not know of watching says nothing; the catalogue still does.
    private static readonly TimeSpan WatchPatience = TimeSpan.FromSeconds(5);

    public async Task<IReadOnlyList<PeerProgress>> GetShareProgressAsync(string infoHash, CancellationToken cancellationToken = default)
    {
        await foreach (var progress in WatchShareAsync(infoHash, cancellationToken).ConfigureAwait(false)) return progress;
        throw Stopped();
    }

    public async IAsyncEnumerable<IReadOnlyList<PeerProgress>> WatchShareAsync(string infoHash, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfStopping();
        var share = ParseInfoHash(infoHash);
        if (_store.SharesOf(share) is not [var known, ..])
            throw new P2PShareException(ErrorKind.ObjectNotFound, ErrorIds.ShareNotFound, $"There is no share {infoHash} in the swarm '{SwarmName}'.", infoHash, "List the shares of the swarm and choose one of them.");
        using var watch = _membership.Watch(share);
        await FirstAnswerAsync(watch, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<PeerProgress>? told = null;
        var catalogueChanged = Task.CompletedTask;
        while (true)
        {
            if (catalogueChanged.IsCompleted) catalogueChanged = _membership.HoldersChangedAsync(cancellationToken);
            var changed = Task.WhenAny(watch.Changed, catalogueChanged);
            var now = DescribeProgress(share, known.Name, known.Details.TotalLength, watch);
            if (told is null || !told.SequenceEqual(now))
            {
                told = now;
                yield return now;
                await Task.Delay(WatchInterval, _time, cancellationToken).ConfigureAwait(false);
            }

            await changed.ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfStopping();
        }
    }

    private async Task FirstAnswerAsync(ProgressWatch watch, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(WatchPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            while (true)
            {
                var changed = watch.Changed;
                if (watch.IsAnswered) return;
                await changed.WaitAsync(either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            ThrowIfStopping();
        }
    }

    private IReadOnlyList<PeerProgress> DescribeProgress(InfoHash share, string name, long length, ProgressWatch watch)
    {
        var items = watch.Items;
        var held = _store.HoldersOf(share).ToDictionary(holder => holder.Peer, holder => holder.State);
        var progress = new List<PeerProgress>();
        foreach (var peer in _membership.View.Present)
        {
            var isLocal = peer == _identity.PeerId;
            var item = isLocal ? OwnProgress(share) : items.TryGetValue(peer, out var told) ? told : default(ProgressItem?);
            var (state, percent) = held.GetValueOrDefault(peer) switch
            {
                HoldingState.Complete => (PeerProgressState.Complete, 100),
                _ when item is { State: not ProgressState.None } on => (StateOf(on.State), (double?)on.Done / (ProgressItem.Whole / 100)),
                HoldingState.Partial => (PeerProgressState.Unknown, null),
                _ => (PeerProgressState.None, 0),
            };
            progress.Add(new PeerProgress
            {
                PeerName = _membership.NameOf(peer),
                PeerId = peer.ToString(),
                ShareName = name,
                InfoHash = share.ToString(),
                State = state,
                PercentComplete = percent,
                DownloadRate = state == PeerProgressState.Receiving ? item!.Value.Rate : 0,
                Length = length,
                IsLocal = isLocal,
                SwarmName = SwarmName,
                LocalPeerId = PeerId,
            });
        }

        return [.. progress.OrderBy(peer => peer.PeerName, StringComparer.OrdinalIgnoreCase).ThenBy(peer => peer.PeerId, StringComparer.Ordinal)];
    }

    /// <summary>How far this peer is with a share: of several transfers of it, the one that is furthest.</summary>
    private ProgressItem OwnProgress(InfoHash share)
    {
        var best = default(ProgressItem);
        foreach (var transfer in _transfers.Find(share))
        {
            // One that only looks into the share is nobody's business.
            if (_transfers.Get(transfer.Descriptor.TransferId) != transfer) continue;
            var snapshot = transfer.GetSnapshot();
            var item = new ProgressItem(_identity.PeerId, StateOf(snapshot.State), (int)(snapshot.PercentComplete * (ProgressItem.Whole / 100)), snapshot.DownloadRate);
            if (item.State == ProgressState.Complete) item = item with { Done = ProgressItem.Whole, Rate = 0 };
            if (best.State == ProgressState.None || item.Done > best.Done) best = item;
        }

        return best;
    }

    private static ProgressState StateOf(TransferState state) => state switch
    {
        TransferState.Queued or TransferState.Connecting or TransferState.FetchingMetadata or TransferState.Checking => ProgressState.Waiting,
        TransferState.Transferring or TransferState.Finishing => ProgressState.Receiving,
        TransferState.Suspended => ProgressState.Suspended,
        TransferState.Failed => ProgressState.Failed,
        TransferState.Completed => ProgressState.Complete,
        _ => ProgressState.None,
    };

    private static PeerProgressState StateOf(ProgressState state) => state switch
    {
        ProgressState.Waiting => PeerProgressState.Waiting,
        ProgressState.Receiving => PeerProgressState.Receiving,
        ProgressState.Suspended => PeerProgressState.Suspended,
        ProgressState.Failed => PeerProgressState.Failed,
        ProgressState.Complete => PeerProgressState.Complete,
        _ => PeerProgressState.None,
    };
}
