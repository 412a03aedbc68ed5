using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Storage;

/// <summary>
/// The folder a share is received into. Everything below it is reached component by component: a link found there, or
/// put there meanwhile, is never followed. The folder itself may be a link, since the user named it.
/// </summary>
/// <remarks>Each folder on the way is looked at right before a file is opened, and where the file really is right after,
/// so that a link put in between is noticed before a byte is written; where the system can create a file without going
/// through any link, it is done so.</remarks>
internal sealed class DestinationFolder
{
    private readonly IStorageFileSystem _fileSystem;
    private readonly string _realRoot;
    private readonly Lock _lock = new();
    private readonly HashSet<string> _unflushed = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _unflushedLookup;
    private readonly List<string> _created = [];

    private DestinationFolder(IStorageFileSystem fileSystem, string root, string realRoot)
    {
        _fileSystem = fileSystem;
        Root = root;
        _realRoot = realRoot;
        _unflushedLookup = _unflushed.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Its absolute path.</summary>
    public string Root { get; }

    /// <summary>Finds the folder, or creates it.</summary>
    /// <exception cref="P2PShareException">DestinationUnusable.</exception>
    public static DestinationFolder Open(IStorageFileSystem fileSystem, string destination)
    {
        var root = Path.GetFullPath(destination);
        if (Path.GetPathRoot(root) != root) root = Path.TrimEndingDirectorySeparator(root);
        try
        {
            fileSystem.CreateDirectory(root);
            if (fileSystem.Stat(root, followLink: true).Kind != EntryKind.Directory) throw new IOException("It is not a folder.");
            return new DestinationFolder(fileSystem, root, fileSystem.RealPath(root));
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            throw StorageErrors.Writing(error, root);
        }
    }

    /// <summary>The absolute path of a path that <see cref="SafePath"/> made.</summary>
    public string PathOf(string relativePath) => SafePath.ResolveBelow(Root, relativePath);

    /// <summary>Whether the folders above a path are there, all being real ones.</summary>
    /// <exception cref="P2PShareException">UnsafePath, FileExists.</exception>
    public bool HasFolderOf(string relativePath) => CheckParents(relativePath, create: false);

    /// <summary>What stands at a path, all folders above it being real ones.</summary>
    /// <exception cref="P2PShareException">UnsafePath, FileExists.</exception>
    public FileEntry Look(string relativePath) =>
        CheckParents(relativePath, create: false) ? _fileSystem.Stat(PathOf(relativePath)) : default;

    /// <summary>Opens an existing file for reading.</summary>
    public IStorageFile OpenRead(string relativePath)
    {
        RequireFile(relativePath);
        return Verify(_fileSystem.OpenRead(PathOf(relativePath)), relativePath, isNew: false);
    }

    /// <summary>Opens an existing file for reading and writing.</summary>
    public IStorageFile OpenWrite(string relativePath)
    {
        RequireFile(relativePath);
        return Verify(_fileSystem.OpenWrite(PathOf(relativePath), createNew: false), relativePath, isNew: false);
    }

    /// <summary>Opens a file for reading and writing, creating it and the folders above it as needed. A link in its place is removed.</summary>
    public IStorageFile OpenOrCreate(string relativePath, out bool isNew)
    {
        isNew = true;
        var path = PathOf(relativePath);
        // Nearly always it is a new file in a folder that is there: where the system can, that is one call, which goes through
        // no link. For all else each folder is looked at.
        if (_fileSystem.TryCreate(SafePath.ResolveBelow(_realRoot, relativePath)) is { } created)
        {
            MarkUnflushed(path);
            return created;
        }

        CheckParents(relativePath, create: true);
        var kind = _fileSystem.Stat(path).Kind;
        isNew = kind != EntryKind.File;
        if (kind == EntryKind.File) return OpenWrite(relativePath);
        if (kind == EntryKind.Directory) throw StorageErrors.Exists($"A folder stands at '{DisplayName.Escape(path)}'.", path);
        if (kind != EntryKind.Missing) _fileSystem.Delete(path);

        var file = Verify(_fileSystem.OpenWrite(path, createNew: true), relativePath, isNew: true);
        MarkUnflushed(path);
        return file;
    }

    /// <summary>Creates a folder and those above it.</summary>
    public void CreateFolder(string relativePath) => CheckParents(relativePath + "/", create: true);

    /// <summary>Renames a file within its folder; a link at the target is replaced itself.</summary>
    /// <param name="source">Its path.</param>
    /// <param name="target">Its path to be.</param>
    /// <param name="overwrite">Whether what stands at the target gives way.</param>
    /// <param name="check">Is told what stands at the source right before, and throws if that is not to be renamed.</param>
    /// <returns>The same.</returns>
    public FileEntry Rename(string source, string target, bool overwrite, Action<FileEntry> check)
    {
        if (!AreTogether(source, target)) throw new ArgumentException("Not in one folder.", nameof(target));
        CheckParents(source, create: false);
        var (from, to) = (PathOf(source), PathOf(target));
        var entry = _fileSystem.Stat(from);
        check(entry);
        _fileSystem.Move(from, to, overwrite);
        MarkUnflushed(to);
        return entry;
    }

    /// <summary>Deletes a file if it is there.</summary>
    public void Delete(string relativePath)
    {
        if (CheckParents(relativePath, create: false)) _fileSystem.Delete(PathOf(relativePath));
    }

    /// <summary>Deletes the folders this object has created, as far as they are empty.</summary>
    public void DeleteCreatedFolders()
    {
        string[] folders;
        lock (_lock) folders = [.. _created];
        for (var i = folders.Length - 1; i >= 0; i--) _fileSystem.DeleteEmptyDirectory(folders[i]);
    }

    /// <summary>The folders whose entries have changed since the last call.</summary>
    public IReadOnlyList<string> TakeUnflushedFolders()
    {
        lock (_lock)
        {
            string[] folders = [.. _unflushed];
            _unflushed.Clear();
            return folders;
        }
    }

    private void RequireFile(string relativePath)
    {
        var path = PathOf(relativePath);
        var kind = CheckParents(relativePath, create: false) ? _fileSystem.Stat(path).Kind : EntryKind.Missing;
        if (kind == EntryKind.Missing) throw new FileNotFoundException($"'{path}' is not there.", path);
        if (kind != EntryKind.File) throw StorageErrors.Unsafe($"'{DisplayName.Escape(path)}' is a link, or no file.", path);
    }

    /// <returns>Whether all folders above the path exist now.</returns>
    private bool CheckParents(string relativePath, bool create)
    {
        for (var end = relativePath.IndexOf('/', StringComparison.Ordinal); end >= 0; end = relativePath.IndexOf('/', end + 1))
        {
            var path = PathOf(relativePath[..end]);
            var kind = _fileSystem.Stat(path).Kind;
            if (kind == EntryKind.Directory) continue;
            if (kind == EntryKind.Link)
                throw StorageErrors.Unsafe($"'{DisplayName.Escape(path)}' is a link; nothing is received through it.", path);
            if (kind != EntryKind.Missing) throw StorageErrors.Exists($"'{DisplayName.Escape(path)}' is a file where a folder is needed.", path);
            if (!create) return false;
            _fileSystem.CreateDirectory(path);
            MarkUnflushed(path);
            lock (_lock) _created.Add(path);
        }

        return true;
    }

    private IStorageFile Verify(IStorageFile file, string relativePath, bool isNew)
    {
        var real = file.RealPath;
        // Without regard to case: a file system that has none names the file as it was first created.
        if (real is null || string.Equals(real, SafePath.ResolveBelow(_realRoot, relativePath), StringComparison.OrdinalIgnoreCase)) return file;
        file.Dispose();
        if (isNew) _fileSystem.Delete(real);
        var path = PathOf(relativePath);
        throw StorageErrors.Unsafe($"'{DisplayName.Escape(path)}' leads elsewhere: a folder was moved, or replaced by a link.", path);
    }

    private static bool AreTogether(ReadOnlySpan<char> first, ReadOnlySpan<char> second)
    {
        var end = first.LastIndexOf('/');
        return second.LastIndexOf('/') == end && second.StartsWith(first[..(end + 1)]);
    }

    /// <summary>Notes that the folder a path is in has to be flushed.</summary>
    private void MarkUnflushed(string path)
    {
        var folder = Path.GetDirectoryName(path.AsSpan());
        lock (_lock) _unflushedLookup.Add(folder);
    }
}
