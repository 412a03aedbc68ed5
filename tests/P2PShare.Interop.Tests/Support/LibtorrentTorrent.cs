namespace P2PShare.Interop.Tests.Support;

/// <summary>What libtorrent reads in a .torrent.</summary>
/// <param name="InfoHash">The v2 info-hash, 64 hexadecimal digits; null for none.</param>
/// <param name="HasV1">Whether it is hybrid.</param>
/// <param name="Name">The torrent's name.</param>
/// <param name="PieceLength">In bytes.</param>
/// <param name="Files">All files but pads.</param>
internal sealed record LibtorrentTorrent(string? InfoHash, bool HasV1, string Name, int PieceLength, IReadOnlyList<LibtorrentTorrent.File> Files)
{
    /// <param name="Path">With the torrent's name first.</param>
    /// <param name="Length">In bytes.</param>
    /// <param name="Root">The root of its hash tree, 64 hexadecimal digits; zeros for an empty file.</param>
    internal sealed record File(string Path, long Length, string Root);
}
