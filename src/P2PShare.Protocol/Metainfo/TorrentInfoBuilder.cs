using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Metainfo;

/// <summary>
/// Makes v2 info dictionaries (BEP 52). Names are sorted by their UTF-8 bytes, so the same files give the same bytes,
/// and the same info-hash, in whatever order they were added.
/// </summary>
public sealed class TorrentInfoBuilder
{
    /// <summary>How many components a path may have: together with the levels around them, in a .torrent file too, they stay within the bencode depth of 100 that others accept.</summary>
    public const int MaxPathComponents = 96;

    private readonly string _name;
    private readonly int _pieceLength;
    private readonly List<Entry> _files = [];

    /// <param name="name">The share's name.</param>
    /// <param name="pieceLength">In bytes; normally <see cref="PieceLength.ForSize"/> of all files' lengths together.</param>
    /// <exception cref="ArgumentException">An empty name, one that is not Unicode, or a piece length BEP 52 does not allow.</exception>
    public TorrentInfoBuilder(string name, int pieceLength)
    {
        RequireName(name, nameof(name));
        if (!PieceLength.IsValid(pieceLength)) throw new ArgumentException("Not a valid piece length.", nameof(pieceLength));
        _name = name;
        _pieceLength = pieceLength;
    }

    /// <summary>BEP 27: whether peers may come from the share's own swarm alone.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Makes the info dictionary of a single file, named like the share.</summary>
    /// <inheritdoc cref="AddFile"/>
    public static TorrentInfo SingleFile(string name, int pieceLength, long length, Hash256 piecesRoot)
    {
        var builder = new TorrentInfoBuilder(name, pieceLength);
        builder.AddFile([name], length, piecesRoot);
        return builder.Build();
    }

    /// <summary>Adds a file.</summary>
    /// <param name="pathComponents">The path below the share.</param>
    /// <param name="length">In bytes.</param>
    /// <param name="piecesRoot">The root of its hash tree; not looked at when it is empty.</param>
    /// <exception cref="ArgumentException">A path that is empty, too deep, has an empty component or one that is not Unicode; a file without a root.</exception>
    public void AddFile(IReadOnlyList<string> pathComponents, long length, Hash256 piecesRoot)
    {
        ArgumentNullException.ThrowIfNull(pathComponents);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (pathComponents.Count is 0 or > MaxPathComponents)
            throw new ArgumentException($"A path has 1 to {MaxPathComponents} components.", nameof(pathComponents));
        foreach (var component in pathComponents) RequireName(component, nameof(pathComponents));
        if (length > 0 && piecesRoot.IsZero) throw new ArgumentException("A file with content has a root.", nameof(piecesRoot));
        _files.Add(new Entry([.. pathComponents], length, piecesRoot));
    }

    /// <summary>The info dictionary, parsed as a receiver will parse it.</summary>
    /// <exception cref="ArgumentException">One path was added twice, or is both a file and a directory.</exception>
    /// <exception cref="MetainfoException">The files are more than <paramref name="limits"/> allows any receiver to read.</exception>
    public TorrentInfo Build(MetainfoLimits? limits = null)
    {
        _files.Sort(static (x, y) => Utf8Order.Instance.Compare(x.Path, y.Path));
        var writer = new BencodeWriter(256 + 128 * _files.Count);
        writer.WriteDictionaryStart();
        writer.WriteKey("file tree"u8);
        WriteFileTree(writer);
        writer.WriteKey("meta version"u8);
        writer.WriteInteger(2);
        writer.WriteKey("name"u8);
        writer.WriteString(_name);
        writer.WriteKey("piece length"u8);
        writer.WriteInteger(_pieceLength);
        if (IsPrivate)
        {
            writer.WriteKey("private"u8);
            writer.WriteInteger(1);
        }

        writer.WriteEnd();
        return TorrentInfo.Parse(writer.WrittenMemory, limits);
    }

    private void WriteFileTree(BencodeWriter writer)
    {
        writer.WriteDictionaryStart();
        string[] open = [];
        foreach (var (path, length, root) in _files)
        {
            var common = 0;
            while (common < open.Length && common < path.Length && open[common] == path[common]) common++;
            // A file's own dictionary is left open too, so a path that goes on below it, or equals it, is found here.
            if (open.Length > 0 && common == open.Length)
                throw new ArgumentException($"'{string.Join('/', open)}' is there twice, or is both a file and a directory.");
            for (var i = open.Length; i > common; i--) writer.WriteEnd();
            for (var i = common; i < path.Length; i++)
            {
                writer.WriteKey(StrictUtf8.Encoding.GetBytes(path[i]));
                writer.WriteDictionaryStart();
            }

            WriteFile(writer, length, root);
            open = path;
        }

        for (var i = open.Length; i > 0; i--) writer.WriteEnd();
        writer.WriteEnd();
    }

    private static void WriteFile(BencodeWriter writer, long length, Hash256 root)
    {
        writer.WriteKey([]);
        writer.WriteDictionaryStart();
        writer.WriteKey("length"u8);
        writer.WriteInteger(length);
        if (length > 0)
        {
            Span<byte> bytes = stackalloc byte[Hash256.Size];
            root.CopyTo(bytes);
            writer.WriteKey("pieces root"u8);
            writer.WriteByteString(bytes);
        }

        writer.WriteEnd();
    }

    private static void RequireName(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, parameter);
        // Throws an ArgumentException of its own when a surrogate stands alone.
        StrictUtf8.Encoding.GetByteCount(name);
    }

    private readonly record struct Entry(string[] Path, long Length, Hash256 PiecesRoot);
}
