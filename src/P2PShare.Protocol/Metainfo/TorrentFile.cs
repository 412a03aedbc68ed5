namespace P2PShare.Protocol.Metainfo;

/// <summary>One file of a v2 torrent (BEP 52). Its names are the sender's: nothing here has made them safe for a file system.</summary>
public sealed class TorrentFile
{
    private readonly PathNode _path;
    private readonly int _pieceLength;

    internal TorrentFile(int index, PathNode path, long length, Hash256 piecesRoot, int firstPiece, int pieceLength)
    {
        Index = index;
        _path = path;
        Length = length;
        PiecesRoot = piecesRoot;
        FirstPiece = firstPiece;
        _pieceLength = pieceLength;
        PieceCount = length == 0 ? 0 : checked((int)Shape.PieceCount);
    }

    /// <summary>The file's place in <see cref="TorrentInfo.Files"/>.</summary>
    public int Index { get; }

    /// <summary>The last of <see cref="PathComponents"/>.</summary>
    public string Name => _path.Name;

    /// <summary>The path below the share, decoded from UTF-8; bytes that are not UTF-8 become U+FFFD, so two files may look the same here. Made anew at each call.</summary>
    public IReadOnlyList<string> PathComponents => _path.Components();

    /// <summary>The path's bytes as they stand in the info dictionary: unique within the torrent. Made anew at each call.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> RawPathComponents => _path.RawComponents();

    /// <summary>In bytes.</summary>
    public long Length { get; }

    /// <summary>The root of the file's hash tree; zero for an empty file.</summary>
    public Hash256 PiecesRoot { get; }

    /// <summary>The number, within the torrent, of the piece the file begins with; for an empty file the one that the next file begins with.</summary>
    public int FirstPiece { get; }

    /// <summary>0 for an empty file.</summary>
    public int PieceCount { get; }

    /// <summary>Whether the file is larger than a piece, so that its piece hashes are not in the info dictionary.</summary>
    public bool HasPieceLayer => Length > _pieceLength;

    /// <summary>The shape of the file's hash tree.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The file is empty.</exception>
    public MerkleShape Shape => new(Length, _pieceLength);

    /// <summary>The path with <c>/</c> between its components.</summary>
    public override string ToString() => string.Join('/', PathComponents);
}
