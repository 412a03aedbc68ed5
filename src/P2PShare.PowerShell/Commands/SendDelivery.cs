using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.PowerShell.Bridge;
using P2PShare.PowerShell.Jobs;
using P2PShare.PowerShell.Views;

namespace P2PShare.PowerShell.Commands;

/// <summary>Brings what Send-P2PFile publishes to those it is meant for, and waits for them.</summary>
/// <param name="peer">The publisher.</param>
/// <param name="peers">Whom the shares are meant for; with <paramref name="isOffered"/> they are offered them.</param>
/// <param name="isOffered">Whether -To was given.</param>
/// <param name="wait">Whether to wait until all of them have it, or have declined.</param>
/// <param name="copies">Waits until so many other peers have all of it; null for no such wait.</param>
/// <param name="timeout">How long to wait; null for as long as it takes.</param>
internal sealed class SendDelivery(LocalPeer peer, IReadOnlyList<PeerInfo> peers, bool isOffered, bool wait, int? copies, TimeSpan? timeout)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Name, int Complete, int Total)> _waiting = [];

    /// <summary>Whether anything is waited for.</summary>
    public bool Waits => wait || copies is not null;

    /// <summary>Offers a share that has just been published.</summary>
    /// <returns>The share, with those it is meant for.</returns>
    public ShareInfo Offer(ShareInfo share)
    {
        if (!isOffered) return share;
        peer.Engine.Offer(share.InfoHash, peers);
        return WithRecipients(share);
    }

    /// <summary>Waits for one share, and writes it as it is in the end, and who is missing.</summary>
    public async Task WaitAsync(ShareInfo share, PipelineOutput output, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        if (timeout is { } time) limit.CancelAfter(time);
        P2PShareException? problem = null;
        try
        {
            if (copies is { } number)
            {
                await peer.Engine.WaitForCopiesAsync(share.InfoHash, number, new Changes<int>(count => Note(share, count, number)), limit.Token).ConfigureAwait(false);
            }
            else
            {
                var progress = new Changes<IReadOnlyList<ShareRecipient>>(r => Note(share, r.Count(one => one.State == RecipientState.Complete), r.Count));
                problem = ShareDelivery.Undelivered(share, await peer.Engine.WaitForRecipientsAsync(share.InfoHash, peers, progress, limit.Token).ConfigureAwait(false));
            }
        }
        catch (P2PShareException e)
        {
            problem = e;
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            problem = ShareDelivery.TimedOut(share, Recipients(share), copies, timeout!.Value);
        }

        await output.WriteObjectAsync(WithRecipients(share)).ConfigureAwait(false);
        if (problem is not null) await output.WriteErrorAsync(problem, share).ConfigureAwait(false);
        lock (_gate) _waiting.Remove(share.InfoHash);
    }

    /// <summary>Any thread: what the progress bars show while there is nothing left to hash.</summary>
    public IReadOnlyList<ProgressSample> Sample()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0) return [];
            var samples = _waiting.Values
                .Select(w => new ProgressSample($"Waiting for others to have {DisplayText.Safe(w.Name)}", $"{w.Complete} of {w.Total} complete", w.Total == 0 ? null : 100.0 * w.Complete / w.Total, null))
                .ToList();
            if (samples.Count == 1) return samples;
            var (complete, total) = (_waiting.Values.Sum(w => w.Complete), _waiting.Values.Sum(w => w.Total));
            return [
                new ProgressSample("Waiting for others", $"{_waiting.Count} shares, {complete} of {total} complete", total == 0 ? null : 100.0 * complete / total, null),
                .. samples.Take(ProgressDisplay.MaximumChildren)];
        }
    }

    private void Note(ShareInfo share, int complete, int total)
    {
        lock (_gate) _waiting[share.InfoHash] = (share.Name, complete, total);
    }

    private ShareInfo WithRecipients(ShareInfo share)
    {
        var now = peer.Engine.GetShares(new ShareQuery { InfoHash = share.InfoHash }).FirstOrDefault(one => one.PublisherId == share.PublisherId && one.Name == share.Name) ?? share;
        var recipients = Recipients(share);
        // They say so themselves before the catalogue does, and one object must not contradict itself.
        var complete = recipients.Count(recipient => recipient.State == RecipientState.Complete);
        return now with { Recipients = [.. recipients], Copies = Math.Max(now.Copies, complete + 1) };
    }

    private IReadOnlyList<ShareRecipient> Recipients(ShareInfo share) =>
        peer.Engine.GetRecipients(share.InfoHash, isOffered || wait ? peers : peer.Engine.FindPeers(["*"]).Peers);

    /// <summary>Tells of each change in order; <see cref="Progress{T}"/> would post them to whichever thread is free.</summary>
    private sealed class Changes<T>(Action<T> changed) : IProgress<T>
    {
        public void Report(T value) => changed(value);
    }
}
