using System.Collections.Concurrent;
using P2PShare.Engine.Errors;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>Makes a share of its partial files: times, modes, names, folders. What is done already is left alone, so that it can be called again.</summary>
/// <param name="files">The files.</param>
/// <param name="options">How they are received.</param>
/// <param name="flush">Forces names to the disk.</param>
/// <param name="onLost">Is told of a file whose partial file is gone.</param>
/// <param name="attributes">Times, modes and folders; null when they are not known.</param>
internal sealed class PartialCompletion(
    PartialFiles files, PartialStorageOptions options, PartialFlush flush, Action<PartialFile> onLost, ShareAttributes? attributes)
{
    private const int FilesPerThread = 32;
    private const int MostFilesPerTurn = 256;
    private const int MaxThreads = 4;
    private const UnixFileMode Permissions = (UnixFileMode)0b111_111_111;

    // Whether files that were finished while they were written got the attributes that are wanted now.
    private readonly bool _hasSetAttributes = attributes is not null && options.Attributes?.Bytes.Span.SequenceEqual(attributes.Bytes.Span) == true;

    private static readonly TimeSpan RetryFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(100);

    /// <param name="then">What is done when the names are on the disk, on the same thread.</param>
    /// <param name="cancellationToken">Ends it within one file.</param>
    /// <exception cref="P2PShareException">FileExists, DestinationUnusable, DiskFull, UnsafePath.</exception>
    public async Task RunAsync(Action then, CancellationToken cancellationToken)
    {
        PartialFile[] waiting = [.. files.Where(file => file.IsWanted && file.State != PartialFileState.Final)];
        var started = options.Time.GetTimestamp();
        while (true)
        {
            // Scanners and indexers open new files for a moment, and on Windows that stops a rename.
            waiting = await FinishAsync(waiting, options.Time.GetElapsedTime(started) >= RetryFor, then, cancellationToken).ConfigureAwait(false);
            if (waiting.Length == 0) break;
            await Task.Delay(RetryEvery, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<PartialFile[]> FinishAsync(PartialFile[] waiting, bool isLastTry, Action then, CancellationToken cancellationToken)
    {
        var busy = new ConcurrentBag<PartialFile>();
        var turns = Turns(waiting);
        var next = -1;
        var left = Math.Clamp((waiting.Length + FilesPerThread - 1) / FilesPerThread, 1, MaxThreads);
        await options.Workers.RunAsync(
            left,
            token =>
            {
                for (var i = Interlocked.Increment(ref next); i < turns.Count; i = Interlocked.Increment(ref next))
                {
                    foreach (var file in turns[i])
                    {
                        token.ThrowIfCancellationRequested();
                        if (!TryFinish(file, isLastTry)) busy.Add(file);
                    }
                }

                if (Interlocked.Decrement(ref left) > 0 || !busy.IsEmpty) return;
                FinishFolders();
                then();
            },
            cancellationToken).ConfigureAwait(false);
        return [.. busy];
    }

    /// <summary>What one thread takes at a time: the files of a folder, since two threads that rename in one wait for each other.</summary>
    private List<ArraySegment<PartialFile>> Turns(PartialFile[] waiting)
    {
        List<ArraySegment<PartialFile>> turns = [];
        for (int first = 0, end; first < waiting.Length; first = end)
        {
            end = first + 1;
            while (end < waiting.Length && end - first < MostFilesPerTurn && files.AreTogether(waiting[first], waiting[end])) end++;
            turns.Add(new ArraySegment<PartialFile>(waiting, first, end - first));
        }

        return turns;
    }

    /// <returns>False when another program holds the file right now.</returns>
    private bool TryFinish(PartialFile file, bool isLastTry)
    {
        var final = files.FinalPath(file);
        var partial = files.PartialPath(file, final);
        try
        {
            if (!file.IsFinished || !_hasSetAttributes)
            {
                using var lease = files.Acquire(file);
                if (lease.File.State.Length != file.File.Length) throw Changed(file);
                if (attributes is not null) TrySetAttributes(lease.File, attributes.Files[file.File.Index]);
            }

            files.Close(file);
            // Under its own name anybody may write to it at once. Renaming changes neither size nor time.
            var verified = Rename(file, partial, final);
            file.Verified = new FileState(verified.Length, verified.ModifiedNs);
            file.State = PartialFileState.Final;
            return true;
        }
        catch (Exception error) when (!isLastTry && StorageErrors.IsSharingViolation(error))
        {
            return false;
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            if (error is FileNotFoundException) onLost(file);
            throw StorageErrors.Writing(error, files.DisplayPath(file));
        }
    }

    private FileEntry Rename(PartialFile file, string partial, string final)
    {
        try
        {
            return files.Destination.Rename(partial, final, overwrite: false, Check);
        }
        catch (IOException)
        {
            // Nearly always nothing stands there, and it is not looked for first.
            var entry = files.Destination.Look(final);
            if (entry.Kind == EntryKind.Missing) throw;
            var path = files.DisplayPath(file);
            if (entry.Kind == EntryKind.Directory || !options.IsReplaceable(path, entry))
                throw StorageErrors.Exists($"'{DisplayName.Escape(path)}' has appeared meanwhile.", path);
            return files.Destination.Rename(partial, final, overwrite: true, Check);
        }

        void Check(FileEntry entry)
        {
            if (!file.IsFinished || (entry.Kind == EntryKind.File && entry.Length == file.File.Length)) return;
            if (entry.Kind != EntryKind.Missing) throw Changed(file);
            var path = files.DisplayPath(file);
            throw new FileNotFoundException($"The partial file of '{path}' is gone.", path);
        }
    }

    private P2PShareException Changed(PartialFile file)
    {
        var path = files.DisplayPath(file);
        return StorageErrors.Changed($"The partial file of '{DisplayName.Escape(path)}' was changed.", path);
    }

    /// <summary>Sets time and mode as far as the file system has them.</summary>
    /// <returns>False when there is nothing to set.</returns>
    public static bool TrySetAttributes(IStorageFile file, EntryAttributes? attributes)
    {
        if (attributes is not { } entry) return false;
        try
        {
            file.SetAttributes(entry.ModifiedNanoseconds, (UnixFileMode?)entry.UnixMode & Permissions);
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            // File systems without modes (FAT, some network shares) refuse. The content is there all the same.
        }

        return true;
    }

    private void FinishFolders()
    {
        var folders = files.IsSingleFile || attributes is null ? null : _hasSetAttributes ? files.Paths : SafePath.Map(options.Info, attributes);
        try
        {
            if (files.IsAllWanted)
            {
                for (var i = 0; i < (folders?.DirectoryCount ?? 0); i++) files.Destination.CreateFolder(folders!.DirectoryPath(i));
            }

            flush.FlushFolders();
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            throw StorageErrors.Writing(error, files.Destination.Root);
        }

        // From the deepest up: whatever is done in a folder changes its time. They are sorted with parents first.
        for (var i = (folders?.DirectoryCount ?? 0) - 1; i >= 0; i--) SetFolderAttributes(folders!.DirectoryPath(i), attributes!.Directories[i].Attributes);
    }

    private void SetFolderAttributes(string relativePath, EntryAttributes entry)
    {
        try
        {
            if (files.Destination.Look(relativePath).Kind != EntryKind.Directory) return;
            options.FileSystem.SetDirectoryAttributes(
                files.Destination.PathOf(relativePath), entry.ModifiedNanoseconds, (UnixFileMode?)entry.UnixMode & Permissions);
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            // As with files.
        }
    }
}
