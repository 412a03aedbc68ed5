using P2PShare.Engine.Errors;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>
/// The one door from names that came over the network to paths on this machine. It maps a share's name, files and
/// folders to relative paths that are valid on every system, all different even where case or composition does not
/// count, and the same on every machine. Nothing else turns such names into paths.
/// </summary>
internal sealed class SafePath
{
    /// <summary>The deepest path of a share, in components below the share's own folder.</summary>
    public const int MaxDepth = 100;

    /// <summary>How many names of a share may need a number to be unique.</summary>
    public const int MaxDuplicates = 500;

    /// <summary>The longest path of a share in UTF-16 units: Linux opens no path of more than 4,096 bytes.</summary>
    public const int MaxPathLength = 4000;

    private readonly Node[] _files;
    private readonly Node[] _directories;

    private SafePath(string root, bool isSingleFile, Node[] files, Node[] directories)
    {
        Root = root;
        IsSingleFile = isSingleFile;
        _files = files;
        _directories = directories;
    }

    /// <summary>The share's own file or folder: one component.</summary>
    public string Root { get; }

    /// <summary>Whether the share is one file, received under <see cref="Root"/> itself.</summary>
    public bool IsSingleFile { get; }

    /// <summary>The number of files.</summary>
    public int FileCount => _files.Length;

    /// <summary>The number of folders that were given.</summary>
    public int DirectoryCount => _directories.Length;

    /// <summary>A file's path below the destination, with forward slashes. Made anew at each call: a small share can have very many long paths.</summary>
    public string FilePath(int index) => _files[index].PathBelow(Root);

    /// <summary>Whether two files stand in one folder.</summary>
    public bool AreTogether(int first, int second) => _files[first].Parent == _files[second].Parent;

    /// <summary>A folder's path below the destination, with forward slashes, in the order they were given.</summary>
    public string DirectoryPath(int index) => _directories[index].PathBelow(Root);

    /// <summary>Maps a whole share.</summary>
    /// <param name="name">The share's name.</param>
    /// <param name="isSingleFile">Whether the share is a single file; then <paramref name="files"/> does not matter.</param>
    /// <param name="files">The files' path components in tree order.</param>
    /// <param name="directories">The path components of folders to keep though they may be empty. They never change what the files are called.</param>
    /// <exception cref="P2PShareException">UnsafePath: the name is none, a path is too deep, or too many names collide.</exception>
    public static SafePath Map(
        string name, bool isSingleFile, IEnumerable<IReadOnlyList<string>> files, IEnumerable<IReadOnlyList<string>>? directories = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(files);
        if (SafeName.IsNoName(name))
            throw Unsafe($"The share's name '{DisplayName.Escape(name)}' is not a file name.", name);

        var root = SafeName.Sanitize(name);
        if (isSingleFile) return new SafePath(root, true, [new Node(null)], []);

        var tree = new Tree();
        Node[] fileNodes = [.. files.Select(tree.AddFile)];
        tree.AssignNames();
        Node[] directoryNodes = [.. (directories ?? []).Select(tree.AddDirectory)];
        tree.AssignNames();
        return new SafePath(root, false, fileNodes, directoryNodes);
    }

    /// <summary>Maps a whole share.</summary>
    /// <param name="info">Its names.</param>
    /// <param name="attributes">Its folders; null when they are not known.</param>
    /// <exception cref="P2PShareException">UnsafePath.</exception>
    public static SafePath Map(TorrentInfo info, ShareAttributes? attributes)
    {
        ArgumentNullException.ThrowIfNull(info);
        // A folder that holds one file of its own name looks like that file alone, unless it lists itself.
        var isSingleFile = info.IsSingleFile && attributes?.Directories.Any(directory => directory.PathComponents.Count == 0) != true;
        return Map(
            info.Name, isSingleFile, info.Files.Select(file => file.PathComponents),
            attributes?.Directories.Select(directory => directory.PathComponents));
    }

    /// <summary>
    /// The absolute path of one of the paths above below <paramref name="destination"/>, checked once more to lie within it.
    /// </summary>
    /// <exception cref="P2PShareException">UnsafePath.</exception>
    public static string Resolve(string destination, string relativePath)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        var prefix = Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar;
        var path = Path.GetFullPath(prefix + relativePath.Replace('/', Path.DirectorySeparatorChar));
        return path.Length > prefix.Length && path.StartsWith(prefix, StringComparison.Ordinal)
            ? path
            : throw Unsafe($"'{DisplayName.Escape(relativePath)}' leads out of '{folder}'.", relativePath);
    }

    /// <summary>As <see cref="Resolve"/>, for a destination that is a full path without a separator at its end already.</summary>
    /// <exception cref="P2PShareException">UnsafePath.</exception>
    public static string ResolveBelow(string fullDestination, string relativePath)
    {
        // Of thousands of small files each path is made several times: what a glance shows to lead nowhere else is not taken apart.
        return !OperatingSystem.IsWindows() && IsPlain(relativePath) && !Path.EndsInDirectorySeparator(fullDestination)
            ? string.Concat(fullDestination, "/", relativePath)
            : Resolve(fullDestination, relativePath);
    }

    /// <summary>Whether every component of a path names something in the folder before it.</summary>
    private static bool IsPlain(ReadOnlySpan<char> path)
    {
        if (path.Contains('\0')) return false;
        while (true)
        {
            var end = path.IndexOf('/');
            if ((end < 0 ? path : path[..end]) is "" or "." or "..") return false;
            if (end < 0) return true;
            path = path[(end + 1)..];
        }
    }

    private static P2PShareException Unsafe(string message, string target) =>
        new(ErrorKind.InvalidData, ErrorIds.UnsafePath, message, target, "Do not receive this share, or ask its publisher to rename what it holds.");

    private sealed class Node(Node? parent)
    {
        private string? _name;
        private int _pathLength;
        private HashSet<string>? _takenKeys;
        private Dictionary<string, int>? _lastNumbers;

        public Node? Parent { get; } = parent;

        public bool IsNamed => _name is not null;

        public Dictionary<string, Node>? Folders { get; set; }

        /// <summary>Children in tree order that have no name yet, with the component they came as.</summary>
        public List<(string Component, Node Child)>? Unnamed { get; set; }

        public string PathBelow(string root)
        {
            var depth = 0;
            for (var node = this; node.Parent is not null; node = node.Parent) depth++;
            var parts = new string[depth + 1];
            parts[0] = root;
            for (var node = this; node.Parent is not null; node = node.Parent) parts[depth--] = node._name!;
            return string.Join('/', parts);
        }

        public bool TryClaim(Node child, string name)
        {
            _takenKeys ??= new HashSet<string>(StringComparer.Ordinal);
            if (!_takenKeys.Add(SafeName.ComparisonKey(name))) return false;
            child._name = name;
            child._pathLength = _pathLength + 1 + name.Length;
            if (child._pathLength > MaxPathLength) throw Unsafe($"A path of the share has more than {MaxPathLength} characters.", name);
            return true;
        }

        public void ClaimNumbered(Node child, string name)
        {
            // Remembered, lest a share full of numbered names makes each collision walk through all of them.
            _lastNumbers ??= new Dictionary<string, int>(StringComparer.Ordinal);
            var key = SafeName.ComparisonKey(name);
            var number = _lastNumbers.GetValueOrDefault(key, 1);
            do
            {
                number++;
            }
            while (!TryClaim(child, SafeName.WithNumber(name, number)));
            _lastNumbers[key] = number;
        }
    }

    private sealed class Tree
    {
        private readonly Node _root = new(null);
        private readonly List<Node> _waiting = [];
        private int _duplicates;

        public Node AddFile(IReadOnlyList<string> path)
        {
            if (path.Count == 0) throw Unsafe("A file of the share has no name.", "");
            CheckDepth(path);
            var parent = FindFolder(path, path.Count - 1);
            return AddChild(parent, path[^1]);
        }

        public Node AddDirectory(IReadOnlyList<string> path)
        {
            CheckDepth(path);
            return FindFolder(path, path.Count);
        }

        /// <summary>Names all children that have none yet, folders before what is in them.</summary>
        public void AssignNames()
        {
            // Nodes enter the list before their children do, so that a parent's path is there when it is needed.
            foreach (var parent in _waiting)
            {
                // Names that need no change come first: nobody else's replacement name takes theirs away.
                foreach (var (component, child) in parent.Unnamed!)
                {
                    if (SafeName.Sanitize(component) == component) parent.TryClaim(child, component);
                }

                foreach (var (component, child) in parent.Unnamed)
                {
                    if (!child.IsNamed) Claim(parent, child, SafeName.Sanitize(component));
                }

                parent.Unnamed = null;
            }

            _waiting.Clear();
        }

        private static void CheckDepth(IReadOnlyList<string> path)
        {
            if (path.Count > MaxDepth) throw Unsafe($"A path of the share is {path.Count} folders deep; {MaxDepth} are allowed.", path[^1]);
        }

        private Node FindFolder(IReadOnlyList<string> path, int depth)
        {
            var node = _root;
            for (var i = 0; i < depth; i++)
            {
                var folders = node.Folders ??= new Dictionary<string, Node>(StringComparer.Ordinal);
                if (!folders.TryGetValue(path[i], out var child)) folders[path[i]] = child = AddChild(node, path[i]);
                node = child;
            }

            return node;
        }

        private Node AddChild(Node parent, string component)
        {
            var child = new Node(parent);
            if (parent.Unnamed is null)
            {
                parent.Unnamed = [];
                _waiting.Add(parent);
            }

            parent.Unnamed.Add((component, child));
            return child;
        }

        private void Claim(Node parent, Node child, string name)
        {
            if (parent.TryClaim(child, name)) return;
            if (++_duplicates > MaxDuplicates)
                throw Unsafe($"More than {MaxDuplicates} names of the share differ only in ways some systems do not see.", name);
            parent.ClaimNumbered(child, name);
        }
    }
}
