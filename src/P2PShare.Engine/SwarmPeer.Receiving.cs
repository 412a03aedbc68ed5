using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transfers;
using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine;

// Receiving, and looking into shares.
internal sealed partial class SwarmPeer
{
    // Times that a transfer which somebody else begins at the same moment is looked for.
    private const int MostAttempts = 10;

    public IReadOnlyList<ITransfer> GetTransfers() => [.. _transfers.Transfers.OrderByDescending(transfer => transfer.StartedUtc)];

    public async Task<ITransfer> ReceiveAsync(ReceiveRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ThrowIfStopping();
        RateLimiter.ThrowIfInvalid(request.UploadLimit, nameof(request));
        RateLimiter.ThrowIfInvalid(request.DownloadLimit, nameof(request));
        if (!Path.IsPathFullyQualified(request.Destination))
            throw new P2PShareException(ErrorKind.InvalidArgument, ErrorIds.DestinationUnusable, $"'{request.Destination}' is not an absolute path.", request.Destination);
        return request.TorrentPath is { } torrent
            ? await ReceiveTorrentAsync(request, torrent, cancellationToken).ConfigureAwait(false)
            : await ReceiveShareAsync(request, FindGenuine(ParseInfoHash(request.InfoHash ?? "")), cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<ShareFileInfo>> GetFilesAsync(string infoHash, CancellationToken cancellationToken = default)
    {
        ThrowIfStopping();
        var record = FindGenuine(ParseInfoHash(infoHash));
        var (info, attributes) = await _transfers.FetchMetadataAsync(
            record.InfoHash, record.Name, record.Details.Attributes, cancellationToken).ConfigureAwait(false);
        return [.. info.Files.Select(file => new ShareFileInfo
        {
            RelativePath = string.Join('/', file.PathComponents),
            Index = file.Index,
            Length = file.Length,
            LastWriteTime = attributes?.Files[file.Index].ModifiedUtc,
            PiecesRoot = file.Length == 0 ? "" : file.PiecesRoot.ToString(),
            ShareName = record.Name,
            InfoHash = infoHash,
            PeerId = PeerId,
        })];
    }

    private async Task<Transfer> ReceiveShareAsync(ReceiveRequest request, ShareRecord record, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await JoinOrBeginAsync(request, record, cancellationToken).ConfigureAwait(false);
            }
            catch (P2PShareException error) when (error.ErrorId == ErrorIds.TransferExists && attempt < MostAttempts)
            {
                // Somebody else has begun the same at the same moment: that one is joined.
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task<Transfer> JoinOrBeginAsync(ReceiveRequest request, ShareRecord record, CancellationToken cancellationToken)
    {
        var details = record.Details;
        var id = TransferIds.Of(details.InfoHash, request.Destination, request.Files);
        if (_transfers.Get(id) is { } existing && await ContinueAsync(existing, request, cancellationToken).ConfigureAwait(false)) return existing;
        var known = _transfers.Find(details.InfoHash).FirstOrDefault(transfer => transfer is { Info: not null, Layers: not null });
        var attributes = known?.AttributesBlob is { } blob ? ShareAttributes.Parse(blob, known.Info!.Files.Count) : null;
        return Begin(
            new TransferDescriptor
            {
                TransferId = id,
                InfoHash = details.InfoHash,
                Name = details.Name,
                Destination = request.Destination,
                Files = request.Files,
                Overwrite = request.Overwrite,
                NoClobber = request.NoClobber,
                UploadLimit = request.UploadLimit,
                DownloadLimit = request.DownloadLimit,
                ReplaceReceived = request.ReplaceReceived,
                SeedFor = request.SeedFor,
                AttributesHash = details.Attributes,
                Length = details.TotalLength,
                FileCount = details.FileCount,
                IsFolder = details.FileCount != 1,
            },
            known?.Info,
            known?.Layers,
            attributes);
    }

    private async Task<ITransfer> ReceiveTorrentAsync(ReceiveRequest request, string torrentPath, CancellationToken cancellationToken)
    {
        var metainfo = await ReadTorrentAsync(torrentPath, cancellationToken).ConfigureAwait(false);
        if (request.ConnectTo.Count == 0)
        {
            throw new P2PShareException(
                ErrorKind.InvalidArgument, ErrorIds.InvalidAddress, "To receive by a torrent file, the address of a client that has it is needed.", torrentPath,
                "Give host:port of a BitTorrent client that serves it.");
        }

        foreach (var address in request.ConnectTo) Addresses.Parse(address);
        var id = TransferIds.Of(metainfo.Info.InfoHash, request.Destination, request.Files);
        if (_transfers.Get(id) is { } existing && await ContinueAsync(existing, request, cancellationToken).ConfigureAwait(false)) return existing;
        return Begin(
            new TransferDescriptor
            {
                TransferId = id,
                InfoHash = metainfo.Info.InfoHash,
                Name = metainfo.Info.Name,
                Destination = request.Destination,
                Files = request.Files,
                Overwrite = request.Overwrite,
                NoClobber = request.NoClobber,
                SeedFor = request.SeedFor,
                UploadLimit = request.UploadLimit,
                DownloadLimit = request.DownloadLimit,
                Length = metainfo.Info.TotalLength,
                FileCount = metainfo.Info.Files.Count,
                IsFolder = !metainfo.Info.IsSingleFile,
                ForeignEndpoints = request.ConnectTo,
            },
            metainfo.Info,
            metainfo.PieceLayers,
            attributes: null);
    }

    private Transfer Begin(TransferDescriptor descriptor, TorrentInfo? info, PieceLayers? layers, ShareAttributes? attributes)
    {
        var transfer = _transfers.StartReceive(descriptor, info, layers, attributes);
        RememberSoon(transfer);
        return transfer;
    }

    // The same share to the same place is the same transfer: one under way is joined, one that ended is taken up again.
    private async Task<bool> ContinueAsync(Transfer existing, ReceiveRequest request, CancellationToken cancellationToken)
    {
        var state = existing.GetSnapshot().State;
        if (existing.IsPublished) return true;
        if (state is TransferState.Completed or TransferState.Stopped or TransferState.Failed)
        {
            // Begun anew, so that what is on disk is verified again.
            await _transfers.RemoveAsync(existing).ConfigureAwait(false);
            return false;
        }

        if (request.UploadLimit is not null || request.DownloadLimit is not null)
            existing.SetLimits(request.UploadLimit ?? existing.UploadLimit.Limit, request.DownloadLimit ?? existing.DownloadLimit.Limit);
        if (state == TransferState.Suspended) await existing.ResumeAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    private ShareRecord FindGenuine(InfoHash share)
    {
        var records = _store.SharesOf(share).Where(record => !record.IsWithdrawn).ToList();
        // Of several publishers of one content one that is here is better: only who has its record's attributes can give them.
        return records.OrderByDescending(record => _membership.IsHolder(record.Owner, share)).ThenByDescending(record => record.Version).FirstOrDefault(_verifier.IsGenuine)
            ?? throw new P2PShareException(
                ErrorKind.ObjectNotFound, ErrorIds.ShareNotFound,
                records.Count == 0 ? $"There is no share {share} in the swarm '{SwarmName}'." : $"The record of the share {share} is not signed by its publisher.",
                share.ToString(), "List the shares of the swarm and choose one of them.");
    }

    private static async Task<TorrentMetainfo> ReadTorrentAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            if (new FileInfo(path).Length > MetainfoLimits.Default.MaxTorrentBytes)
                throw new P2PShareException(ErrorKind.InvalidData, ErrorIds.InvalidMetadata, $"'{path}' is too large for a torrent file.", path);
            return TorrentMetainfo.Parse(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false));
        }
        catch (ProtocolException error)
        {
            throw new P2PShareException(
                ErrorKind.InvalidData, ErrorIds.InvalidMetadata, $"'{path}' is not a torrent file of version 2: {DisplayName.Escape(error.Message)}", path,
                "Give a .torrent file that is version 2 or hybrid (BEP 52).", error);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new P2PShareException(ErrorKind.ObjectNotFound, ErrorIds.PathNotFound, $"There is no torrent file '{path}'.", path, innerException: error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new P2PShareException(ErrorKind.ReadError, ErrorIds.FileUnreadable, $"'{path}' cannot be read: {error.Message}", path, innerException: error);
        }
    }
}
