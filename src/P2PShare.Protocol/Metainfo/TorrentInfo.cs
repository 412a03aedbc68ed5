namespace P2PShare.Protocol.Metainfo;

/// <summary>
/// A v2 info dictionary (BEP 52), parsed and immutable. The bytes are kept as they came, since the info-hash is theirs.
/// Of a hybrid torrent the v2 half is read.
/// </summary>
public sealed class TorrentInfo
{
    private readonly TorrentFile[] _filesWithPieces;

    internal TorrentInfo(byte[] rawInfo, string name, int pieceLength, bool isPrivate, bool isSingleFile, TorrentFile[] files)
    {
        RawInfo = rawInfo;
        InfoHash = new InfoHash(Hash256.Of(rawInfo));
        Name = name;
        PieceLength = pieceLength;
        IsPrivate = isPrivate;
        IsSingleFile = isSingleFile;
        Files = Array.AsReadOnly(files);
        _filesWithPieces = Array.FindAll(files, file => file.PieceCount > 0);
        foreach (var file in files)
        {
            TotalLength += file.Length;
            PieceCount += file.PieceCount;
        }
    }

    /// <summary>SHA-256 over <see cref="RawInfo"/>.</summary>
    public InfoHash InfoHash { get; }

    /// <summary>The info dictionary's bytes as received.</summary>
    public ReadOnlyMemory<byte> RawInfo { get; }

    /// <summary>The share's suggested name, decoded from UTF-8; not safe for a file system.</summary>
    public string Name { get; }

    /// <summary>In bytes.</summary>
    public int PieceLength { get; }

    /// <summary>BEP 27: peers come from the share's own swarm alone.</summary>
    public bool IsPrivate { get; }

    /// <summary>Whether the file tree is one file of the torrent's own name. BEP 52 cannot tell that from a folder which holds only a file of the folder's name.</summary>
    public bool IsSingleFile { get; }

    /// <summary>The files in tree order: sorted at each level by the raw bytes of their names.</summary>
    public IReadOnlyList<TorrentFile> Files { get; }

    /// <summary>The sum of the files' lengths, in bytes.</summary>
    public long TotalLength { get; }

    /// <summary>How many pieces all files have together. Each file begins with a new piece; empty files have none.</summary>
    public int PieceCount { get; }

    /// <summary>Reads an info dictionary; the bytes are copied.</summary>
    /// <exception cref="MetainfoException">The bytes are not a v2 info dictionary within <paramref name="limits"/>.</exception>
    public static TorrentInfo Parse(ReadOnlyMemory<byte> rawInfo, MetainfoLimits? limits = null) =>
        TorrentInfoParser.Parse(rawInfo.Span, limits ?? MetainfoLimits.Default);

    /// <summary>Finds where a piece lies, in O(log files) and without allocating.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece.</exception>
    public PieceLocation Locate(int piece)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(piece);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(piece, PieceCount);
        int low = 0, high = _filesWithPieces.Length - 1;
        while (low < high)
        {
            var middle = (low + high + 1) >>> 1;
            if (_filesWithPieces[middle].FirstPiece <= piece) low = middle;
            else high = middle - 1;
        }

        var file = _filesWithPieces[low];
        var pieceInFile = piece - file.FirstPiece;
        var offset = (long)pieceInFile * PieceLength;
        return new PieceLocation(file, pieceInFile, offset, (int)Math.Min(PieceLength, file.Length - offset));
    }

    /// <summary>The length of a piece in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece.</exception>
    public int PieceSize(int piece) => Locate(piece).Length;
}
