namespace P2PShare.Engine.Catalogue;

/// <summary>What to publish as one share.</summary>
public sealed record PublishRequest
{
    /// <summary>The share's name; for a single file also the name it is received under.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// A single file, or a folder that is published with all below it: its absolute path.
    /// Exactly one of this and <see cref="Entries"/> is given.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>The files of a folder share, chosen one by one.</summary>
    public IReadOnlyList<PublishEntry>? Entries { get; init; }

    /// <summary>Whether symbolic links are followed; by default they are left out.</summary>
    public bool FollowSymbolicLinks { get; init; }

    /// <summary>Whether any BitTorrent client that knows the info-hash is served, unencrypted. Never set implicitly.</summary>
    public bool Open { get; init; }

    /// <summary>Bytes per second sent for this share; null for no limit of its own.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>Where to write the share's .torrent file (BEP 3, BEP 52); null for none.</summary>
    public string? TorrentPath { get; init; }
}
