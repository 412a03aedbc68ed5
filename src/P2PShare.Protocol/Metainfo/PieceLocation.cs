namespace P2PShare.Protocol.Metainfo;

/// <summary>Where a piece lies.</summary>
/// <param name="File">The file it belongs to: in v2 never more than one.</param>
/// <param name="PieceInFile">Its number, counted from the file's begin.</param>
/// <param name="Offset">Its first byte's offset in the file.</param>
/// <param name="Length">Its length in bytes: the piece length, or less at the file's end.</param>
public readonly record struct PieceLocation(TorrentFile File, int PieceInFile, long Offset, int Length);
