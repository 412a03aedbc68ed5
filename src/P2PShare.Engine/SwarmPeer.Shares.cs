using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transfers;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine;

// Publishing and withdrawing.
internal sealed partial class SwarmPeer
{
    public async Task<ShareInfo> PublishAsync(PublishRequest request, IProgress<PublishProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ThrowIfStopping();
        RateLimiter.ThrowIfInvalid(request.UploadLimit, nameof(request));
        var hashed = await new ShareHasher(_time, workers: _storageThreads).HashAsync(request, progress, cancellationToken).ConfigureAwait(false);
        // Versions of one name must come one after the other.
        await _publishGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ThrowIfStopping();
            if (request.TorrentPath is { } path) WriteTorrent(path, hashed);
            var share = hashed.Info.InfoHash;
            var record = FindOwn(share, request) ?? await SignShareAsync(request, hashed).ConfigureAwait(false);
            Remember(Seed(request, hashed));
            SupersedeOffers(share, request.Name);
            if (!request.Open) await CloseAsync(share).ConfigureAwait(false);
            await _membership.SettledAsync().ConfigureAwait(false);
            return DescribeShare(record, isNewest: true);
        }
        catch (OperationCanceledException) when (_stopping && !cancellationToken.IsCancellationRequested)
        {
            throw Stopped();
        }
        finally
        {
            _publishGate.Release();
        }
    }

    public async Task<ShareInfo> RemoveShareAsync(string infoHash, CancellationToken cancellationToken = default)
    {
        ThrowIfStopping();
        var share = ParseInfoHash(infoHash);
        var records = _store.SharesOf(share).Where(record => !record.IsWithdrawn).ToList();
        var own = records.Where(record => record.Owner == _identity.PeerId).ToList();
        if (records.Count == 0 || (own.Count == 0 && _transfers.Find(share).Count == 0))
        {
            throw new P2PShareException(
                ErrorKind.ObjectNotFound, ErrorIds.ShareNotFound, $"This peer does not offer the share {infoHash}.", infoHash,
                "Only its publisher withdraws a share; any other peer stops offering what it holds itself.");
        }

        var before = DescribeShare((own.Count > 0 ? own : records).MaxBy(record => record.Version)!, isNewest: true);
        try
        {
            foreach (var record in own)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await _membership.PublishShareAsync(record.Details with { IsWithdrawn = true }, _identity).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stopping && !cancellationToken.IsCancellationRequested)
        {
            throw Stopped();
        }

        if (own.Count == 0) _mirrorUnwanted[share] = true;
        await StopOfferingAsync(share).ConfigureAwait(false);
        return before;
    }

    private void StopOffering(InfoHash share) => _ = StopOfferingAsync(share);

    private async Task StopOfferingAsync(InfoHash share)
    {
        // What is still being received goes on as long as anybody gives it; it is only offered no more when complete.
        foreach (var transfer in _transfers.Find(share).Where(transfer => transfer.IsComplete))
        {
            // A copy that was kept stays, and is to be known as one when the name is published again.
            if (IsMirrored(transfer) && _store.IsWithdrawn(share)) Remember(transfer);
            else Forget(transfer.Descriptor.TransferId);
            await _transfers.RemoveAsync(transfer).ConfigureAwait(false);
        }
    }

    // What was said last counts: a share that was open before is served in plain no more, and those it is served to are cut off.
    private async Task CloseAsync(InfoHash share)
    {
        foreach (var transfer in _transfers.Find(share).Where(transfer => transfer.IsOpenShare))
        {
            Forget(transfer.Descriptor.TransferId);
            await _transfers.RemoveAsync(transfer).ConfigureAwait(false);
        }
    }

    // The newest record of that name with that content, by this peer; an older one has to be signed again to be the newest.
    private ShareRecord? FindOwn(InfoHash share, PublishRequest request)
    {
        var newest = NewestOwn(request.Name);
        return newest is not null && newest.InfoHash == share && newest.IsOpen == request.Open ? newest : null;
    }

    private ShareRecord? NewestOwn(string name) => _store.SharesNamed(new ShareFilter(new ShareQuery { LiteralNames = [name] }))
        .Where(record => record.Owner == _identity.PeerId && record.Name == name && !record.IsWithdrawn)
        .Where(_verifier.IsGenuine)
        .MaxBy(record => record.Version);

    private Task<ShareRecord> SignShareAsync(PublishRequest request, HashedShare hashed) => _membership.PublishShareAsync(
        new ShareDetails
        {
            Publisher = _identity.PeerId,
            InfoHash = hashed.Info.InfoHash,
            Name = request.Name,
            TotalLength = hashed.Info.TotalLength,
            FileCount = hashed.Info.Files.Count,
            Attributes = hashed.Attributes.Hash,
            Supersedes = NewestOwn(request.Name)?.InfoHash is { } older && older != hashed.Info.InfoHash ? older : null,
            IsOpen = request.Open,
        },
        _identity);

    private Transfer Seed(PublishRequest request, HashedShare hashed)
    {
        var fullName = request.Path ?? (request.Entries is { Count: > 0 } entries ? Path.GetDirectoryName(entries[0].FullPath) ?? "" : "");
        var descriptor = new TransferDescriptor
        {
            TransferId = TransferIds.Of(hashed.Info.InfoHash, fullName, request.Open ? [-1] : null),
            InfoHash = hashed.Info.InfoHash,
            Name = request.Name,
            Destination = Path.GetDirectoryName(fullName) ?? "",
            AttributesHash = hashed.Attributes.Hash,
            Length = hashed.Info.TotalLength,
            FileCount = hashed.Info.Files.Count,
            IsFolder = !hashed.Info.IsSingleFile,
            IsOpen = request.Open,
            UploadLimit = request.UploadLimit,
        };
        _localFiles.Add(hashed.Info, [.. hashed.Files.Select(file => file.FullPath)]);
        if (_transfers.Get(descriptor.TransferId) is { } existing)
        {
            if (request.UploadLimit is { } limit) existing.SetLimits(limit, null);
            return existing;
        }

        var storage = new SourceStorage(hashed.Info, hashed.Layers, hashed.Files, _handles);
        return _transfers.AddSeed(descriptor, hashed.Layers, hashed.Attributes, storage, fullName);
    }

    private static void WriteTorrent(string path, HashedShare hashed)
    {
        try
        {
            var bytes = new TorrentMetainfo(hashed.Info, hashed.Layers).ToBytes();
            var temporary = path + ".new";
            File.WriteAllBytes(temporary, bytes);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ProtocolException)
        {
            throw new P2PShareException(ErrorKind.WriteError, ErrorIds.DestinationUnusable, $"The torrent file '{path}' cannot be written: {error.Message}", path, "Give a path in a folder that exists and may be written to.", error);
        }
    }
}
