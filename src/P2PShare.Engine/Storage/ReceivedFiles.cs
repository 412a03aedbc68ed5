using System.Collections.Concurrent;

namespace P2PShare.Engine.Storage;

/// <summary>
/// The files this peer has received, as it left them: what still looks so may give way to a newer version of itself, and
/// nothing else may. Thread-safe.
/// </summary>
internal sealed class ReceivedFiles
{
    /// <summary>Past so many files new ones are not noted, and are then not replaced unasked.</summary>
    public const int MaxFiles = 500_000;

    private readonly ConcurrentDictionary<string, (FileState State, bool WasThere)> _files = new(StringComparer.Ordinal);

    /// <param name="files">In the order of the share's files; those that were not chosen have no path.</param>
    public void Add(IEnumerable<SourceFile> files)
    {
        // Asked once: counting takes all of the dictionary's locks.
        var room = MaxFiles - _files.Count;
        foreach (var file in files)
        {
            if (file.FullPath is null || room-- <= 0) continue;
            _files[file.FullPath] = (new FileState(file.Length, file.ModifiedNs), file.WasThere);
        }
    }

    /// <summary>Whether what stands at a path now is what was received there, by size and time of the last write.</summary>
    public bool IsUnchanged(string path, FileEntry entry) =>
        entry.Kind == EntryKind.File && _files.TryGetValue(path, out var known) && known.State == new FileState(entry.Length, entry.ModifiedNs);

    /// <summary>Whether it is unchanged, and came from others: a file that stood there complete before is not.</summary>
    public bool IsReceived(string path, FileEntry entry) => IsUnchanged(path, entry) && _files.TryGetValue(path, out var known) && !known.WasThere;
}
