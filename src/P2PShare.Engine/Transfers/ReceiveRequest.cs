namespace P2PShare.Engine.Transfers;

/// <summary>What to receive, and where to.</summary>
public sealed record ReceiveRequest
{
    /// <summary>The share's info-hash, 64 hexadecimal digits. Exactly one of this and <see cref="TorrentPath"/> is given.</summary>
    public string? InfoHash { get; init; }

    /// <summary>A .torrent file (version 2 or hybrid), to fetch from the foreign clients at <see cref="ConnectTo"/> in plain BitTorrent.</summary>
    public string? TorrentPath { get; init; }

    /// <summary>With <see cref="TorrentPath"/>: where the foreign clients are, as "host:port".</summary>
    public IReadOnlyList<string> ConnectTo { get; init; } = [];

    /// <summary>The folder to receive into: absolute; created when missing.</summary>
    public required string Destination { get; init; }

    /// <summary>Indices of the files wanted (see ShareFileInfo.Index); null for all.</summary>
    public IReadOnlyList<int>? Files { get; init; }

    /// <summary>Whether an existing file with other content is replaced; otherwise that is FileExists.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Bytes per second sent to others for this share; null for no limit of its own. A transfer that is under way already takes over the limits given.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>Bytes per second received; null for no limit of its own.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>How long it is given to others after it is complete, from 0; null for as long as the peer runs and its files are there.</summary>
    public TimeSpan? SeedFor { get; init; }

    /// <summary>Whether an existing file gives way that this peer itself received there and nobody has changed since.</summary>
    public bool ReplaceReceived { get; init; }

    /// <summary>Whether an existing target is left alone and the transfer fails with FileExists even if it could verify.</summary>
    public bool NoClobber { get; init; }
}
