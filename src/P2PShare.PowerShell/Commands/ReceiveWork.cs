using System.Collections.Concurrent;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transfers;
using P2PShare.PowerShell.Bridge;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>The asynchronous part of Receive-P2PFile: finds what was asked for, starts the transfers, and writes each result as it is verified.</summary>
internal sealed class ReceiveWork : IDisposable
{
    /// <summary>A wait without an end of its own; still one that every timer can hold.</summary>
    public static readonly TimeSpan AsLongAsItTakes = TimeSpan.FromDays(40);

    private const int ConcurrentTransfers = 8;

    private static readonly TimeSpan SuspendLimit = TimeSpan.FromSeconds(10);

    private readonly string _destination;
    private readonly SemaphoreSlim _slots = new(ConcurrentTransfers);
    private readonly ConcurrentDictionary<(LocalPeer, string), bool> _taken = new();
    private readonly ReceiveProgress _progress = new();

    public ReceiveWork(string destination) => _destination = destination;

    public bool Overwrite { get; init; }

    public bool NoClobber { get; init; }

    /// <summary>How long each share is given to others after it is complete; null for no end.</summary>
    public TimeSpan? SeedFor { get; init; }

    public string? Publisher { get; init; }

    /// <summary>Whether to wait for what is not in the catalogue yet.</summary>
    public bool Wait { get; init; }

    /// <summary>For the catalogue, and for what is waited for.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>Bytes per second for each transfer; null for none of its own.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>Bytes per second for each transfer; null for none of its own.</summary>
    public long? DownloadLimit { get; init; }

    public void Dispose() => _slots.Dispose();

    /// <summary>Any thread: what the progress bars show.</summary>
    public IReadOnlyList<ProgressSample> Sample() => _progress.Sample();

    /// <summary>Any thread: the transfer that was started first; null when none was.</summary>
    public string? FirstTransferId => _progress.First?.GetSnapshot().TransferId;

    /// <summary>Ends when everything was received or reported; when cancelled, after its transfers were suspended.</summary>
    public Task RunAsync(IReadOnlyList<(LocalPeer Peer, IReadOnlyList<ReceiveItem> Items)> work, PipelineOutput output, CancellationToken token) =>
        Task.WhenAll(work.Select(w => ReceiveThroughAsync(w.Peer, w.Items, output, token)));

    private async Task ReceiveThroughAsync(LocalPeer peer, IReadOnlyList<ReceiveItem> items, PipelineOutput output, CancellationToken token)
    {
        var tasks = items.Where(i => i.TorrentPath is not null).Select(i => ReceiveTorrentAsync(peer, i, output, token)).ToList();
        var shares = items.Where(i => i.TorrentPath is null).ToList();
        if (shares.Count > 0 && await JoinAsync(peer, output, token).ConfigureAwait(false))
        {
            // By info-hash first: what is piped and also matches a name is meant once.
            foreach (var group in shares.Where(i => i.InfoHash is not null).GroupBy(i => i.InfoHash!, StringComparer.OrdinalIgnoreCase))
            {
                var whole = group.Any(i => i.RelativePaths is null);
                var files = whole ? null : group.SelectMany(i => i.RelativePaths!).Distinct(StringComparer.Ordinal).ToList();
                tasks.Add(ReceiveByHashAsync(peer, group.Key, files, output, token));
            }

            tasks.AddRange(shares.Where(i => i.Pattern is not null).Select(i => ReceiveByPatternAsync(peer, i.Pattern!, output, token)));
        }

        await Task.WhenAll(tasks).ConfigureAwait(false);
    }

    private async Task<bool> JoinAsync(LocalPeer peer, PipelineOutput output, CancellationToken token)
    {
        try
        {
            await peer.Engine.WaitForCatalogueAsync(Timeout, token).ConfigureAwait(false);
            return true;
        }
        catch (P2PShareException e)
        {
            await output.WriteErrorAsync(e, peer.Name).ConfigureAwait(false);
            return false;
        }
    }

    private async Task ReceiveByPatternAsync(LocalPeer peer, string pattern, PipelineOutput output, CancellationToken token)
    {
        if (await FindAsync(peer, pattern, output, token).ConfigureAwait(false) is not { } found) return;
        var selection = ShareSelection.Choose(found);
        foreach (var error in selection.Errors) await output.WriteErrorAsync(error, pattern).ConfigureAwait(false);
        await Task.WhenAll(selection.Shares.Select(s => ReceiveShareAsync(peer, s, null, output, token))).ConfigureAwait(false);
    }

    private async Task ReceiveByHashAsync(LocalPeer peer, string infoHash, IReadOnlyList<string>? files, PipelineOutput output, CancellationToken token)
    {
        if (await FindAsync(peer, infoHash, output, token).ConfigureAwait(false) is { } found)
            await ReceiveShareAsync(peer, found[0], files, output, token).ConfigureAwait(false);
    }

    /// <summary>What a pattern or info-hash stands for; null after the error was written.</summary>
    private async Task<IReadOnlyList<ShareInfo>?> FindAsync(LocalPeer peer, string pattern, PipelineOutput output, CancellationToken token)
    {
        var found = ShareSearch.Find(peer.Engine.GetShares, pattern, Publisher);
        if (found.Count > 0) return found;
        try
        {
            if (Wait)
            {
                await output.WriteVerboseAsync($"Waiting for a share '{pattern}'.").ConfigureAwait(false);
                return await ShareSearch.WaitAsync((query, cancel) => peer.Engine.WaitForSharesAsync(query, Timeout, cancel), pattern, Publisher, token).ConfigureAwait(false);
            }

            await output.WriteErrorAsync(CatalogueErrors.ShareNotFound(pattern), pattern).ConfigureAwait(false);
        }
        catch (P2PShareException e)
        {
            await output.WriteErrorAsync(e, pattern).ConfigureAwait(false);
        }

        return null;
    }

    private async Task ReceiveShareAsync(LocalPeer peer, ShareInfo share, IReadOnlyList<string>? files, PipelineOutput output, CancellationToken token)
    {
        if (!_taken.TryAdd((peer, share.InfoHash), true)) return;
        var what = files is null ? share.Name : $"{share.Name} ({files.Count} of {share.FileCount} files)";
        if (!await output.ShouldProcessAsync(what, $"Receive into '{_destination}'").ConfigureAwait(false)) return;
        await ReceiveAsync(
            peer,
            share.Name,
            share,
            async () => new ReceiveRequest
            {
                InfoHash = share.InfoHash,
                Destination = _destination,
                Files = files is null ? null : await IndicesAsync(peer, share, files, output, token).ConfigureAwait(false),
                Overwrite = Overwrite,
                NoClobber = NoClobber,
                SeedFor = SeedFor,
            },
            output,
            token).ConfigureAwait(false);
    }

    private async Task ReceiveTorrentAsync(LocalPeer peer, ReceiveItem item, PipelineOutput output, CancellationToken token)
    {
        if (!await output.ShouldProcessAsync(item.TorrentPath!, $"Receive in plain BitTorrent into '{_destination}'").ConfigureAwait(false)) return;
        var request = new ReceiveRequest { TorrentPath = item.TorrentPath, ConnectTo = item.ConnectTo, Destination = _destination, Overwrite = Overwrite, NoClobber = NoClobber, SeedFor = SeedFor };
        await ReceiveAsync(peer, Path.GetFileName(item.TorrentPath!), item.TorrentPath!, () => Task.FromResult(request), output, token).ConfigureAwait(false);
    }

    private async Task ReceiveAsync(LocalPeer peer, string name, object target, Func<Task<ReceiveRequest>> prepare, PipelineOutput output, CancellationToken token)
    {
        await _slots.WaitAsync(token).ConfigureAwait(false);
        try
        {
            var request = await prepare().ConfigureAwait(false);
            if (request.Files is { Count: 0 }) return;
            await output.WriteVerboseAsync($"Receiving '{name}' into '{_destination}'.").ConfigureAwait(false);
            var transfer = await peer.Engine.ReceiveAsync(request with { UploadLimit = UploadLimit, DownloadLimit = DownloadLimit }, token).ConfigureAwait(false);
            _progress.Add(transfer);
            var received = await CompleteAsync(transfer, token).ConfigureAwait(false);
            if (received is not null)
            {
                await output.WriteDebugAsync(
                    $"'{received.Name}' ({received.InfoHash}): {received.BytesReceived} bytes from peers, {received.BytesReused} found here, {received.BytesWasted} of no use, {received.BytesUploaded} sent on, {received.Sources} sources, {received.Elapsed.TotalSeconds:0.000} s.").ConfigureAwait(false);
                await output.WriteObjectAsync(received).ConfigureAwait(false);
            }
            else
            {
                await output.WriteErrorAsync(CatalogueErrors.Interrupted(name), target).ConfigureAwait(false);
            }
        }
        catch (P2PShareException e)
        {
            await output.WriteErrorAsync(e, target).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>The last snapshot; null when the transfer was suspended or stopped by somebody else.</summary>
    private static async Task<TransferInfo?> CompleteAsync(ITransfer transfer, CancellationToken token)
    {
        try
        {
            return await transfer.Completion.WaitAsync(token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(SuspendLimit);
            await transfer.SuspendAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task<IReadOnlyList<int>> IndicesAsync(LocalPeer peer, ShareInfo share, IReadOnlyList<string> files, PipelineOutput output, CancellationToken token)
    {
        var all = (await peer.Engine.GetFilesAsync(share.InfoHash, token).ConfigureAwait(false)).ToDictionary(f => f.RelativePath, f => f.Index, StringComparer.Ordinal);
        var indices = new List<int>(files.Count);
        foreach (var file in files)
        {
            if (all.TryGetValue(file, out var index)) indices.Add(index);
            else await output.WriteErrorAsync(CatalogueErrors.FileNotInShare(file, share.Name), file).ConfigureAwait(false);
        }

        return indices;
    }
}
