using P2PShare.Engine.Errors;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>Reads the files of a share again and compares them with its hashes.</summary>
internal static class SourceCheck
{
    /// <summary>Hashes all files, on as many threads as there are cores.</summary>
    /// <param name="info">The share.</param>
    /// <param name="files">Its files in the order of <see cref="TorrentInfo.Files"/>.</param>
    /// <param name="fileSystem">Where they are.</param>
    /// <param name="cancellationToken">Ends it within one read.</param>
    /// <returns>The path of a file that is not what it was, or cannot be read; null when all are right.</returns>
    public static async Task<string?> FindChangedAsync(TorrentInfo info, IReadOnlyList<SourceFile> files, IStorageFileSystem fileSystem, CancellationToken cancellationToken)
    {
        string? changed = null;
        var next = -1;
        await new StorageThreads().RunAsync(
            Math.Max(1, Math.Min(Environment.ProcessorCount, files.Count)),
            token =>
            {
                var hasher = new PieceHasher();
                while (Volatile.Read(ref changed) is null && Interlocked.Increment(ref next) is var index && index < files.Count)
                {
                    if (!IsRight(info, info.Files[index], files[index], hasher, fileSystem, token)) Interlocked.CompareExchange(ref changed, files[index].FullPath, null);
                }
            },
            cancellationToken).ConfigureAwait(false);
        return changed;
    }

    private static bool IsRight(TorrentInfo info, TorrentFile file, SourceFile source, PieceHasher hasher, IStorageFileSystem fileSystem, CancellationToken token)
    {
        // Of an empty file there is nothing to read; that it is empty was seen by its size.
        if (file.Length == 0) return source.Length == 0;
        if (file.Length != source.Length) return false;
        try
        {
            var hash = new FileHash(new ScannedFile(source.FullPath, [], source.Length, source.ModifiedNs, null), info.PieceLength, fileSystem);
            hash.HashPart(hasher, 0, (int)hash.Shape.PieceCount, static _ => { }, token);
            return hash.Root() == file.PiecesRoot;
        }
        catch (P2PShareException)
        {
            return false;
        }
    }
}
