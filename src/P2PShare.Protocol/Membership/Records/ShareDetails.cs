using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>What a share record says.</summary>
public sealed record ShareDetails
{
    public required PeerId Publisher { get; init; }

    public required InfoHash InfoHash { get; init; }

    /// <summary>1 to 255 bytes of UTF-8; not yet fit to be a path.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes of all files.</summary>
    public required long TotalLength { get; init; }

    public required int FileCount { get; init; }

    /// <summary>SHA-256 of the attributes blob (times, modes); null if there is none.</summary>
    public Hash256? Attributes { get; init; }

    /// <summary>The share that this one takes the place of, if the publisher says so.</summary>
    public InfoHash? Supersedes { get; init; }

    /// <summary>Whether the publisher also serves it in plain BitTorrent.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Whether the publisher withdrew it: everybody stops offering it. Such a record stays, so that no older one comes back.</summary>
    public bool IsWithdrawn { get; init; }
}
