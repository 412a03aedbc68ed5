using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>All that is needed to start a transfer, or to go on with it in another run: a value that can be written down.</summary>
internal sealed record TransferDescriptor
{
    /// <summary>Names the transfer; stable over restarts.</summary>
    public required string TransferId { get; init; }

    public required InfoHash InfoHash { get; init; }

    /// <summary>The share's name, as far as is known before its metadata are here.</summary>
    public required string Name { get; init; }

    /// <summary>The folder to receive into: absolute.</summary>
    public required string Destination { get; init; }

    /// <summary>Indices of the files wanted; null for all.</summary>
    public IReadOnlyList<int>? Files { get; init; }

    public bool Overwrite { get; init; }

    public bool NoClobber { get; init; }

    /// <summary>How long it is given to others after it is complete; null for no end.</summary>
    public TimeSpan? SeedFor { get; init; }

    /// <summary>Whether files that this peer received before, and nobody changed, give way.</summary>
    public bool ReplaceReceived { get; init; }

    /// <summary>SHA-256 of the attributes blob, from the share record; null if the share has none.</summary>
    public Hash256? AttributesHash { get; init; }

    /// <summary>Bytes, file count and kind from the share record, shown until the metadata are here.</summary>
    public long Length { get; init; }

    public int FileCount { get; init; }

    public bool IsFolder { get; init; }

    /// <summary>Foreign clients to fetch from, as "host:port"; when not empty no member of the swarm is asked.</summary>
    public IReadOnlyList<string> ForeignEndpoints { get; init; } = [];

    /// <summary>Whether any BitTorrent client may fetch it from here, unencrypted.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Whether other BitTorrent clients take part.</summary>
    public bool MeetsForeigners => IsOpen || ForeignEndpoints.Count > 0;

    /// <summary>Bytes per second sent for it; null for no limit of its own.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>Bytes per second received for it; null for no limit of its own.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>Whether its user stopped it for now: it is then not started by itself.</summary>
    public bool IsSuspended { get; init; }
}
