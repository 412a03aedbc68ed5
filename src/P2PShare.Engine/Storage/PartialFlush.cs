using System.Collections.Concurrent;
using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Storage;

/// <summary>Forces what was written to partial files, and the names of new ones, to the disk.</summary>
internal sealed class PartialFlush(PartialFiles files, IStorageFileSystem fileSystem, StorageThreads threads)
{
    /// <summary>From how many flushes on it is cheaper to flush the whole file system at once.</summary>
    public const int FewFlushes = 32;

    private const int MaxThreads = 4;

    /// <summary>Flushes some files.</summary>
    /// <returns>Why which files could not be flushed; none if all were.</returns>
    public async Task<IReadOnlyDictionary<PartialFile, Exception>> RunAsync(IReadOnlyList<PartialFile> dirty, CancellationToken cancellationToken)
    {
        var failures = new ConcurrentDictionary<PartialFile, Exception>();
        if (dirty.Count == 0) return failures;
        var isDone = false;
        if (dirty.Count > FewFlushes)
            await threads.RunAsync(1, _ => isDone = Try(dirty, failures, FlushAll) is not false, cancellationToken).ConfigureAwait(false);
        if (isDone) return failures;

        var next = -1;
        var left = Math.Min(MaxThreads, dirty.Count);
        await threads.RunAsync(
            left,
            token =>
            {
                for (var i = Interlocked.Increment(ref next); i < dirty.Count; i = Interlocked.Increment(ref next))
                {
                    token.ThrowIfCancellationRequested();
                    var file = dirty[i];
                    Try([file], failures, () => Flush(file));
                }

                if (Interlocked.Decrement(ref left) == 0) Try(dirty, failures, FlushFolders);
            },
            cancellationToken).ConfigureAwait(false);
        return failures;
    }

    /// <summary>Makes the names in all folders that have changed survive a power cut.</summary>
    public bool FlushFolders()
    {
        var changed = files.Destination.TakeUnflushedFolders();
        if (changed.Count > FewFlushes && fileSystem.TryFlushFileSystem(files.Destination.Root)) return true;
        foreach (var folder in changed) fileSystem.FlushDirectory(folder);
        return true;
    }

    private bool Flush(PartialFile file)
    {
        using var lease = files.Acquire(file);
        lease.File.Flush();
        return true;
    }

    private bool FlushAll()
    {
        if (!fileSystem.TryFlushFileSystem(files.Destination.Root)) return false;
        files.Destination.TakeUnflushedFolders();
        return true;
    }

    /// <returns>What the action returned; null when it failed, which is noted for all the files.</returns>
    private static bool? Try(IReadOnlyList<PartialFile> affected, ConcurrentDictionary<PartialFile, Exception> failures, Func<bool> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (StorageErrors.IsFileError(error) || error is P2PShareException)
        {
            foreach (var file in affected) failures.TryAdd(file, error);
            return null;
        }
    }
}
