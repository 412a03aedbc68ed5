using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Metainfo;

/// <summary>How large metainfo from outside may be. The defaults are those of the libtorrent family, so that whatever we publish others can read.</summary>
public sealed record MetainfoLimits
{
    public static MetainfoLimits Default { get; } = new();

    /// <summary>The largest .torrent file, in bytes.</summary>
    public int MaxTorrentBytes { get; init; } = 10_000_000;

    /// <summary>The largest info dictionary or attributes blob, in bytes: what BEP 9 peers are ready to exchange.</summary>
    public int MaxInfoBytes { get; init; } = 31_457_280;

    /// <summary>The largest number of pieces over all files.</summary>
    public int MaxPieces { get; init; } = 2_097_152;

    /// <summary>The largest piece length, in bytes; at most 1 GiB.</summary>
    public int MaxPieceLength { get; init; } = 256 * 1024 * 1024;

    /// <summary>Depth and number of bencoded values.</summary>
    public BencodeLimits Bencode { get; init; } = BencodeLimits.Default;
}
