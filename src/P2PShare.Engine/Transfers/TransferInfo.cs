namespace P2PShare.Engine.Transfers;

/// <summary>One peer's work on one share: an immutable snapshot.</summary>
public sealed record TransferInfo
{
    /// <summary>Names this transfer among those of the local peer; stable over restarts.</summary>
    public required string TransferId { get; init; }

    /// <summary>The share's name.</summary>
    public required string Name { get; init; }

    /// <summary>64 hexadecimal digits.</summary>
    public required string InfoHash { get; init; }

    public TransferState State { get; init; }

    /// <summary>Bytes to have in the end (of the chosen files).</summary>
    public long Length { get; init; }

    /// <summary>Bytes on disk and verified.</summary>
    public long BytesCompleted { get; init; }

    /// <summary>Payload bytes received from peers by this transfer since it started in this process.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Payload bytes sent to peers for this share since it started in this process.</summary>
    public long BytesUploaded { get; init; }

    /// <summary>Bytes received that were of no use: unsolicited, duplicate, or failing their hash.</summary>
    public long BytesWasted { get; init; }

    /// <summary>Bytes taken from files already on this machine instead of from peers.</summary>
    public long BytesReused { get; init; }

    /// <summary>Bytes per second.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Bytes per second.</summary>
    public long UploadRate { get; init; }

    /// <summary>Bytes per second at most; null for no limit of its own.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>Bytes per second at most; null for no limit of its own.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>0 to 100.</summary>
    public double PercentComplete => Length == 0 ? (State == TransferState.Completed ? 100 : 0) : Math.Min(100, 100.0 * BytesCompleted / Length);

    /// <summary>Peers it has a channel with.</summary>
    public int Sources { get; init; }

    /// <summary>Estimated time left; null when it cannot be told.</summary>
    public TimeSpan? TimeRemaining { get; init; }

    /// <summary>When it started in this process, in UTC.</summary>
    public DateTime Started { get; init; }

    /// <summary>When it completed, in UTC; null while it has not.</summary>
    public DateTime? Completed { get; init; }

    /// <summary>From start to completion (or until now).</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>The received file or folder.</summary>
    public string FullName { get; init; } = "";

    /// <summary>Number of files of the share that were asked for.</summary>
    public int FileCount { get; init; }

    /// <summary>Whether the share is a folder.</summary>
    public bool IsFolder { get; init; }

    /// <summary>Why it failed; null when it did not.</summary>
    public string? Error { get; init; }

    /// <summary>The stable id of that error; null when it did not fail.</summary>
    public string? ErrorId { get; init; }

    /// <summary>What it waits for, and why (which holders could not be reached); null when there is nothing to say.</summary>
    public string? Detail { get; init; }

    /// <summary>The local peer that does it.</summary>
    public string PeerId { get; init; } = "";

    /// <summary>The received file or folder, so that the object can be given where a path is wanted.</summary>
    public override string ToString() => FullName;
}
