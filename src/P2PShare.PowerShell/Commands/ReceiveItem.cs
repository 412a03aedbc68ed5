namespace P2PShare.PowerShell.Commands;

/// <summary>One thing Receive-P2PFile was asked for: a pattern, an info-hash (perhaps some of its files), or a .torrent file.</summary>
/// <param name="Peer">The local peer as it was given; null when it was not.</param>
internal sealed record ReceiveItem(object? Peer)
{
    public string? Pattern { get; init; }

    public string? InfoHash { get; init; }

    /// <summary>With <see cref="InfoHash"/>: the files wanted; null for all.</summary>
    public IReadOnlyList<string>? RelativePaths { get; init; }

    public string? TorrentPath { get; init; }

    /// <summary>With <see cref="TorrentPath"/>.</summary>
    public IReadOnlyList<string> ConnectTo { get; init; } = [];
}
