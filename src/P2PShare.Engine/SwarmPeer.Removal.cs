using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine;

// Deleting what was received.
internal sealed partial class SwarmPeer
{
    public async Task<ShareRemoval> RemoveShareAndFilesAsync(string infoHash, CancellationToken cancellationToken = default)
    {
        ThrowIfStopping();
        var share = ParseInfoHash(infoHash);
        var received = _transfers.Find(share).Where(transfer => !transfer.IsPublished && FilesOf(transfer) is not null).ToList();
        // Also those of the share itself: who publishes from where he received keeps his files.
        var needed = _transfers.Transfers.Except(received).SelectMany(transfer => FilesOf(transfer) ?? []).Where(file => file.FullPath is not null).ToList();
        var before = await RemoveShareAsync(infoHash, cancellationToken).ConfigureAwait(false);
        foreach (var transfer in received.Where(transfer => _transfers.Get(transfer.Descriptor.TransferId) == transfer))
        {
            // Of one that was not wanted as a whole there is nothing more to offer either.
            Forget(transfer.Descriptor.TransferId);
            await _transfers.RemoveAsync(transfer).ConfigureAwait(false);
        }

        var (deleted, kept) = (new List<string>(), new List<KeptFile>());
        await Task.Run(
            () =>
            {
                var needs = needed.ToLookup(file => file.Length);
                foreach (var transfer in received) DeleteFiles(transfer, needs, deleted, kept);
            },
            CancellationToken.None).ConfigureAwait(false);
        return new ShareRemoval { Share = before, Deleted = deleted, Kept = kept };
    }

    private void DeleteFiles(Transfer transfer, ILookup<long, SourceFile> needed, List<string> deleted, List<KeptFile> kept)
    {
        var place = transfer.GetSnapshot().FullName;
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in FilesOf(transfer)!.Where(file => file.FullPath is not null))
        {
            if (!File.Exists(file.FullPath)) continue;
            var reason = WhyKept(file, place, needed[file.Length]);
            try
            {
                if (reason is null) File.Delete(file.FullPath);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                reason = $"cannot be deleted: {error.Message}";
            }

            if (reason is not null)
            {
                kept.Add(new KeptFile(file.FullPath, reason));
                continue;
            }

            deleted.Add(file.FullPath);
            folders.Add(Path.GetDirectoryName(file.FullPath)!);
        }

        if (deleted.Count > 0) RemoveFolders(transfer, place, folders);
    }

    private string? WhyKept(SourceFile file, string place, IEnumerable<SourceFile> needed)
    {
        if (file.WasThere) return "stood there before it was received";
        if (LeadsElsewhere(file.FullPath, place)) return "is reached through a link";
        if (!IsUnchanged(file)) return "was changed since it was received";
        var identity = _options.FileSystem.Stat(file.FullPath).Identity;
        return needed.Any(other => IsSame(other.FullPath, file.FullPath, identity)) ? "belongs to another share too, or is published" : null;
    }

    // One file may have several paths: through links, or where case does not count.
    private bool IsSame(string other, string path, (ulong Device, ulong Inode) identity)
    {
        if (string.Equals(other, path, OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase)) return true;
        if (identity != default) return _options.FileSystem.Stat(other, followLink: true).Identity == identity;
        return File.Exists(other) && string.Equals(RealPath(other), RealPath(path), StringComparison.OrdinalIgnoreCase);
    }

    private string RealPath(string path) => Path.Combine(_options.FileSystem.RealPath(Path.GetDirectoryName(path)!), Path.GetFileName(path));

    private static void RemoveFolders(Transfer transfer, string place, HashSet<string> folders)
    {
        // Nor is anybody's link to a folder followed to remove what is behind it.
        if (!Directory.Exists(place) || new DirectoryInfo(place).LinkTarget is not null) return;
        if (transfer is { Info: { } info, Attributes: { } attributes })
        {
            var paths = SafePath.Map(info, attributes);
            for (var i = 0; i < paths.DirectoryCount; i++) folders.Add(SafePath.Resolve(transfer.Descriptor.Destination, paths.DirectoryPath(i)));
        }

        foreach (var folder in folders.Where(folder => !LeadsElsewhere(folder, place)).OrderByDescending(path => path.Length)) RemoveEmpty(folder, place);
        RemoveEmpty(place, Path.GetDirectoryName(place)!);
    }
}
