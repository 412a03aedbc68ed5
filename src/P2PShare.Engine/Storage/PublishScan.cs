using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>Finds the files and folders a publish request means.</summary>
internal sealed class PublishScan
{
    private readonly PublishRequest _request;
    private readonly IStorageFileSystem _fileSystem;
    private readonly CancellationToken _cancellationToken;
    private readonly Dictionary<string, ScannedFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DirectoryAttributes> _directories = new(StringComparer.Ordinal);

    private PublishScan(PublishRequest request, IStorageFileSystem fileSystem, CancellationToken cancellationToken)
    {
        _request = request;
        _fileSystem = fileSystem;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Whether the share is a single file.</summary>
    public bool IsSingleFile { get; private set; }

    /// <summary>The files by their path in the share.</summary>
    public IReadOnlyDictionary<string, ScannedFile> Files => _files;

    /// <summary>All folders, the share's own included; none for a single file.</summary>
    public IReadOnlyCollection<DirectoryAttributes> Directories => _directories.Values;

    /// <summary>Looks at everything the request names.</summary>
    /// <exception cref="P2PShareException">InvalidName, PathNotFound, FileUnreadable, DuplicateShareName, UnsafePath, EmptyShare.</exception>
    public static PublishScan Run(PublishRequest request, IStorageFileSystem fileSystem, CancellationToken cancellationToken)
    {
        if (SafeName.IsNoName(request.Name) || !IsUnicode(request.Name))
        {
            throw new P2PShareException(
                ErrorKind.InvalidArgument, ErrorIds.InvalidName, $"'{DisplayName.Escape(request.Name)}' cannot be a share's name.", request.Name,
                "Choose a name without slashes.");
        }

        if (request.Path is null == request.Entries is null)
            throw new ArgumentException("Exactly one of a path and a list of entries is published.", nameof(request));

        var scan = new PublishScan(request, fileSystem, cancellationToken);
        if (request.Path is not null) scan.AddPath(Path.GetFullPath(request.Path));
        else scan.AddEntries(request.Entries!);
        if (scan._files.Count == 0)
        {
            throw new P2PShareException(
                ErrorKind.InvalidArgument, ErrorIds.EmptyShare, $"'{DisplayName.Escape(request.Name)}' would hold no file.", request.Path ?? request.Name,
                "Publish at least one file; symbolic links are left out unless they are followed.");
        }

        return scan;
    }

    private void AddPath(string path)
    {
        // A link named by the user is meant for what it leads to; those found on the way are another matter.
        var entry = Look(path, followLink: true);
        if (entry.Kind == EntryKind.File)
        {
            IsSingleFile = true;
            AddFile(path, [_request.Name], entry);
        }
        else if (entry.Kind == EntryKind.Directory)
        {
            AddFolder(path, [], entry, []);
        }
        else if (entry.Kind == EntryKind.Missing)
        {
            throw NotFound(path);
        }
    }

    private void AddEntries(IReadOnlyList<PublishEntry> entries)
    {
        foreach (var item in entries)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            var path = Path.GetFullPath(item.FullPath);
            string[] components = [.. item.RelativePath.Split('/', StringSplitOptions.None)];
            if (item.RelativePath.Length == 0) components = [];
            if (components.Any(SafeName.IsNoName)) throw NotAName(path, item.RelativePath);

            var entry = Look(path, _request.FollowSymbolicLinks);
            if (entry.Kind == EntryKind.Missing) throw NotFound(path);
            if (entry.Kind == EntryKind.File) AddFile(path, components, entry);
            else if (entry.Kind == EntryKind.Directory && item.Recurse) AddFolder(path, components, entry, []);
            else if (entry.Kind == EntryKind.Directory) AddDirectory(path, components, entry);
            else continue;
            AddParents(path, components);
        }

        // The share's own folder is no folder of this machine. It is listed so that receivers see a folder share, even if
        // one file of the share's own name is all it holds.
        if (_directories.ContainsKey("")) return;
        var newest = _files.Count == 0 ? 0 : _files.Values.Max(file => file.ModifiedNs);
        _directories.Add("", new DirectoryAttributes([], new EntryAttributes(newest, null)));
    }

    /// <summary>Keeps the times of the folders between the share and an entry, as far as they are the same folders on the disk.</summary>
    private void AddParents(string path, string[] components)
    {
        for (var depth = components.Length - 1; depth > 0; depth--)
        {
            if (Path.GetFileName(path) != components[depth]) return;
            path = Path.GetDirectoryName(path)!;
            if (Path.GetFileName(path) != components[depth - 1] || _directories.ContainsKey(Join(components[..depth]))) return;
            AddDirectory(path, components[..depth], Look(path, followLink: true));
        }
    }

    private void AddFolder(string path, string[] components, FileEntry entry, List<object> ancestors)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        AddDirectory(path, components, entry);
        // Two paths are one folder when the system says so; where it does not, when their real paths are equal.
        object identity = entry.Identity != default ? entry.Identity : _fileSystem.RealPath(path);
        if (ancestors.Contains(identity)) return;
        ancestors.Add(identity);
        foreach (var child in List(path))
        {
            var name = Path.GetFileName(child);
            var link = Look(child, followLink: false);
            if (link.Kind == EntryKind.Link && !_request.FollowSymbolicLinks) continue;
            var target = link.Kind == EntryKind.Link ? Look(child, followLink: true) : link;
            if (target.Kind == EntryKind.Missing) throw Gone(child, name);
            if (target.Kind == EntryKind.File)
                AddFile(child, [.. components, name], target);
            else if (target.Kind == EntryKind.Directory && !LeadsBack(child, target, ancestors))
                AddFolder(child, [.. components, name], target, ancestors);
        }

        ancestors.RemoveAt(ancestors.Count - 1);
    }

    private bool LeadsBack(string path, FileEntry entry, List<object> ancestors) =>
        _request.FollowSymbolicLinks && ancestors.Contains(entry.Identity != default ? entry.Identity : _fileSystem.RealPath(path));

    private void AddFile(string path, string[] components, FileEntry entry)
    {
        CheckName(path, components);
        var file = new ScannedFile(path, components, entry.Length, entry.ModifiedNs, (int?)entry.Mode);
        if (_files.TryAdd(Join(components), file) || _files[Join(components)].FullPath == path) return;
        throw new P2PShareException(
            ErrorKind.InvalidArgument, ErrorIds.DuplicateShareName,
            $"'{DisplayName.Escape(path)}' and '{DisplayName.Escape(_files[Join(components)].FullPath)}' would both be '{DisplayName.Escape(Join(components))}'.", path,
            "Publish them as two shares, or give the base folder that tells them apart.");
    }

    private void AddDirectory(string path, string[] components, FileEntry entry)
    {
        CheckName(path, components);
        _directories.TryAdd(Join(components), new DirectoryAttributes(components, new EntryAttributes(entry.ModifiedNs, (int?)entry.Mode)));
    }

    private static void CheckName(string path, string[] components)
    {
        if (components.Length > TorrentInfoBuilder.MaxPathComponents)
        {
            throw new P2PShareException(
                ErrorKind.InvalidArgument, ErrorIds.UnsafePath,
                $"'{DisplayName.Escape(path)}' is more than {TorrentInfoBuilder.MaxPathComponents} folders deep in the share.", path, "Publish a folder further down.");
        }

        if (components.Length > 0 && !IsUnicode(components[^1])) throw NotAName(path, components[^1]);
    }

    private FileEntry Look(string path, bool followLink)
    {
        try
        {
            return _fileSystem.Stat(path, followLink);
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            throw StorageErrors.Reading(error, path);
        }
    }

    private IReadOnlyList<string> List(string path)
    {
        try
        {
            return _fileSystem.List(path);
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            throw StorageErrors.Reading(error, path);
        }
    }

    private static string Join(string[] components) => string.Join('/', components);

    private static bool IsUnicode(string name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (!char.IsSurrogate(name[i])) continue;
            if (!char.IsSurrogatePair(name, i)) return false;
            i++;
        }

        return true;
    }

    private static P2PShareException NotFound(string path) => new(
        ErrorKind.ObjectNotFound, ErrorIds.PathNotFound, $"'{DisplayName.Escape(path)}' does not exist.", path, "Check the path.");

    private static P2PShareException NotAName(string path, string name) => new(
        ErrorKind.InvalidArgument, ErrorIds.FileUnreadable,
        $"'{DisplayName.Escape(path)}' cannot be published: '{DisplayName.Escape(name)}' is not a name other systems could hold.", path, "Rename it.");

    private static P2PShareException Gone(string path, string name) => name.Contains('\uFFFD')
        ? NotAName(path, name)
        : new P2PShareException(
            ErrorKind.ObjectNotFound, ErrorIds.PathNotFound, $"'{DisplayName.Escape(path)}' is gone, or a symbolic link that leads nowhere.", path,
            "Remove the link, or publish again when the folder no longer changes.");
}
