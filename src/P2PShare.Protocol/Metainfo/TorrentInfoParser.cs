using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Metainfo;

/// <summary>Reads info dictionaries in two passes: <c>file tree</c> sorts before the keys that say whether it can be read at all.</summary>
internal static class TorrentInfoParser
{
    public static TorrentInfo Parse(ReadOnlySpan<byte> rawInfo, MetainfoLimits limits)
    {
        if (rawInfo.Length > limits.MaxInfoBytes)
            throw Refuse(MetainfoErrorKind.TooLarge, $"The info dictionary has {rawInfo.Length} bytes; {limits.MaxInfoBytes} are allowed.");
        var raw = rawInfo.ToArray();
        try
        {
            var header = ReadHeader(raw, limits);
            return ReadFileTree(raw, header, limits);
        }
        catch (BencodeException fault)
        {
            throw MetainfoException.From(fault);
        }
    }

    private static Header ReadHeader(byte[] raw, MetainfoLimits limits)
    {
        long? version = null;
        long pieceLength = 0;
        var name = ReadOnlyMemory<byte>.Empty;
        var hasFileTree = false;
        var isPrivate = false;
        var reader = new BencodeReader(raw, limits.Bencode);
        reader.ReadDictionaryStart();
        while (reader.TryReadKey(out var key))
        {
            if (key.SequenceEqual("file tree"u8))
            {
                hasFileTree = true;
                reader.Skip();
            }
            else if (key.SequenceEqual("meta version"u8))
            {
                version = reader.ReadInteger();
            }
            else if (key.SequenceEqual("name"u8))
            {
                var length = reader.ReadByteString().Length;
                name = raw.AsMemory(reader.Position - length, length);
            }
            else if (key.SequenceEqual("piece length"u8))
            {
                pieceLength = reader.ReadInteger();
            }
            else if (key.SequenceEqual("private"u8))
            {
                isPrivate = reader.ReadInteger() == 1;
            }
            else
            {
                reader.Skip();
            }
        }

        reader.RequireEndOfInput();
        if (version != 2) throw Refuse(MetainfoErrorKind.NotVersion2, "The info dictionary's meta version is not 2; v1 torrents are not supported.");
        if (!Metainfo.PieceLength.IsValid(pieceLength))
            throw Refuse(MetainfoErrorKind.InvalidPieceLength, "The piece length is missing, not a power of two, or below 16 KiB.");
        if (pieceLength > limits.MaxPieceLength)
            throw Refuse(MetainfoErrorKind.PieceLengthTooLarge, $"The piece length is {pieceLength}; {limits.MaxPieceLength} is allowed.");
        if (name.IsEmpty) throw Refuse(MetainfoErrorKind.MissingName, "The info dictionary has no name.");
        if (!hasFileTree) throw Refuse(MetainfoErrorKind.MissingFileTree, "The info dictionary has no file tree.");
        return new Header(new PathNode(PathNode.Root, name), (int)pieceLength, isPrivate);
    }

    private static TorrentInfo ReadFileTree(byte[] raw, Header header, MetainfoLimits limits)
    {
        var reader = new BencodeReader(raw, limits.Bencode);
        reader.ReadDictionaryStart();
        while (!reader.ReadKey().SequenceEqual("file tree"u8)) reader.Skip();
        EnterEntry(ref reader);

        var files = new List<TorrentFile>();
        var rootEntries = 0;
        var pieces = 0L;
        var directory = PathNode.Root;
        while (true)
        {
            if (!reader.TryReadKey(out var key))
            {
                if (directory.Depth == 0) break;
                directory = directory.Parent;
                continue;
            }

            if (key.IsEmpty)
            {
                // The empty key sorts first, so what was entered as a directory turns out to be a file before it has children.
                if (directory.Depth == 0) throw Refuse(MetainfoErrorKind.RootIsFile, "The root of the file tree is itself a file.");
                var file = ReadFile(ref reader, files.Count, directory, (int)pieces, header.PieceLength, limits.MaxPieces);
                files.Add(file);
                pieces += file.PieceCount;
                if (!reader.TryReadEnd())
                    throw Refuse(MetainfoErrorKind.FileAndDirectoryMixed, $"'{file}' is both a file and a directory.");
                directory = directory.Parent;
                continue;
            }

            if (directory.Depth == 0) rootEntries++;
            directory = new PathNode(directory, raw.AsMemory(reader.Position - key.Length, key.Length));
            EnterEntry(ref reader);
        }

        var isSingleFile = rootEntries == 1 && files is [var only] && only.RawPathComponents is [var rawName]
            && rawName.Span.SequenceEqual(header.Name.RawName);
        return new TorrentInfo(raw, header.Name.Name, header.PieceLength, header.IsPrivate, isSingleFile, [.. files]);
    }

    private static TorrentFile ReadFile(ref BencodeReader reader, int index, PathNode path, int firstPiece, int pieceLength, int maxPieces)
    {
        EnterEntry(ref reader);
        long? length = null;
        int? rootLength = null;
        Hash256 piecesRoot = default;
        while (reader.TryReadKey(out var key))
        {
            if (key.SequenceEqual("attr"u8))
            {
                var attributes = reader.ReadByteString();
                if (attributes.Contains((byte)'p')) throw Refuse(MetainfoErrorKind.PadFile, "The file tree has a pad file.");
                if (attributes.Contains((byte)'l')) throw Refuse(MetainfoErrorKind.SymbolicLink, "The file tree has a symbolic link.");
            }
            else if (key.SequenceEqual("length"u8))
            {
                length = reader.ReadInteger();
            }
            else if (key.SequenceEqual("pieces root"u8))
            {
                var bytes = reader.ReadByteString();
                rootLength = bytes.Length;
                if (rootLength == Hash256.Size) piecesRoot = new Hash256(bytes);
            }
            else
            {
                reader.Skip();
            }
        }

        if (length is null) throw Refuse(MetainfoErrorKind.MissingFileLength, "A file has no length.");
        if (length < 0) throw Refuse(MetainfoErrorKind.NegativeFileLength, "A file's length is negative.");
        if (rootLength is not (null or Hash256.Size)) throw Refuse(MetainfoErrorKind.InvalidPiecesRoot, "A file's pieces root is not 32 bytes long.");
        // BEP 52 gives an empty file no root; one that is there all the same means nothing.
        if (length == 0) return new TorrentFile(index, path, 0, default, firstPiece, pieceLength);

        if (rootLength is null) throw Refuse(MetainfoErrorKind.MissingPiecesRoot, "A file has no pieces root.");
        if (piecesRoot.IsZero) throw Refuse(MetainfoErrorKind.ZeroPiecesRoot, "A file's pieces root is zero.");
        // Checked before the count becomes an int: 2^63 bytes have more pieces than that.
        if (new MerkleShape(length.Value, pieceLength).PieceCount > maxPieces - firstPiece)
            throw Refuse(MetainfoErrorKind.TooManyPieces, $"The files have more than {maxPieces} pieces.");
        return new TorrentFile(index, path, length.Value, piecesRoot, firstPiece, pieceLength);
    }

    private static void EnterEntry(ref BencodeReader reader)
    {
        if (reader.PeekType() != BencodeTokenType.Dictionary)
            throw Refuse(MetainfoErrorKind.InvalidFileTree, "An entry of the file tree is not a dictionary.");
        reader.ReadDictionaryStart();
    }

    private static MetainfoException Refuse(MetainfoErrorKind kind, string message) => new(kind, message);

    private readonly record struct Header(PathNode Name, int PieceLength, bool IsPrivate);
}
