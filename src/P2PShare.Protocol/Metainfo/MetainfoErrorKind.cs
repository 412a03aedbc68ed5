namespace P2PShare.Protocol.Metainfo;

/// <summary>Why a metainfo file, an info dictionary, a set of piece layers, an attributes blob or a magnet link is refused.</summary>
public enum MetainfoErrorKind
{
    /// <summary>Not strict bencoding, or a value of the wrong type; the inner exception says which and where.</summary>
    Malformed,

    /// <summary>More bytes than <see cref="MetainfoLimits"/> allows.</summary>
    TooLarge,

    /// <summary>Lists and dictionaries are nested too deeply.</summary>
    TooDeep,

    /// <summary>Too many bencoded values.</summary>
    TooManyTokens,

    /// <summary>The files have more pieces than <see cref="MetainfoLimits.MaxPieces"/>.</summary>
    TooManyPieces,

    /// <summary>No <c>meta version</c>, or another than 2: a v1 torrent, for example.</summary>
    NotVersion2,

    /// <summary><c>name</c> is missing or empty.</summary>
    MissingName,

    /// <summary><c>piece length</c> is missing, not a power of two, or below 16 KiB.</summary>
    InvalidPieceLength,

    /// <summary><c>piece length</c> is larger than <see cref="MetainfoLimits.MaxPieceLength"/>.</summary>
    PieceLengthTooLarge,

    /// <summary><c>file tree</c> is missing.</summary>
    MissingFileTree,

    /// <summary>An entry of <c>file tree</c> is not a dictionary.</summary>
    InvalidFileTree,

    /// <summary>The root of <c>file tree</c> is itself a file.</summary>
    RootIsFile,

    /// <summary>One entry of <c>file tree</c> is both a file and a directory.</summary>
    FileAndDirectoryMixed,

    /// <summary>A file without <c>length</c>.</summary>
    MissingFileLength,

    /// <summary>A file's <c>length</c> is negative.</summary>
    NegativeFileLength,

    /// <summary>A file with content but without <c>pieces root</c>.</summary>
    MissingPiecesRoot,

    /// <summary>A <c>pieces root</c> that is not 32 bytes long.</summary>
    InvalidPiecesRoot,

    /// <summary>A <c>pieces root</c> of zeros, which no content has.</summary>
    ZeroPiecesRoot,

    /// <summary>A BEP 47 pad file, which has no place in a v2 file tree.</summary>
    PadFile,

    /// <summary>A BEP 47 symbolic link.</summary>
    SymbolicLink,

    /// <summary>A file larger than a piece has no layer in <c>piece layers</c>.</summary>
    MissingPieceLayer,

    /// <summary>A piece layer has another number of hashes than the file has pieces.</summary>
    InvalidPieceLayerLength,

    /// <summary>A piece layer does not hash to the file's <c>pieces root</c>.</summary>
    PieceLayerMismatch,

    /// <summary>A .torrent file without an info dictionary.</summary>
    MissingInfo,

    /// <summary>An attributes blob of a version that is not known.</summary>
    UnknownAttributesVersion,

    /// <summary>An attributes blob for another number of files.</summary>
    AttributesCountMismatch,

    /// <summary>An attributes blob with a time or a mode missing or out of range.</summary>
    InvalidAttributes,

    /// <summary>An attributes blob with an empty, overlong, too deep, unsorted or duplicate directory path.</summary>
    InvalidAttributesPath,

    /// <summary>Not a magnet link, or one without exactly one v2 info-hash.</summary>
    InvalidMagnetLink,
}
