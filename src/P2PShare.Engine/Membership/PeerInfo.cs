namespace P2PShare.Engine.Membership;

/// <summary>A peer as the roster shows it: an immutable snapshot.</summary>
public sealed record PeerInfo
{
    /// <summary>The name it goes by in the swarm.</summary>
    public required string Name { get; init; }

    /// <summary>64 hexadecimal digits.</summary>
    public required string PeerId { get; init; }

    /// <summary>Where it says it can be dialled, and where it was seen, as "address:port".</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    public PeerRole Role { get; init; }

    public PeerState State { get; init; }

    /// <summary>The version of its software.</summary>
    public string Version { get; init; } = "";

    /// <summary>Bytes per second it sends to this process (its own total when <see cref="IsLocal"/>).</summary>
    public long UploadRate { get; init; }

    /// <summary>Bytes per second it receives from this process (its own total when <see cref="IsLocal"/>).</summary>
    public long DownloadRate { get; init; }

    /// <summary>Bytes per second it sends at most, when <see cref="IsLocal"/>; null for no limit.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>Bytes per second it receives at most, when <see cref="IsLocal"/>; null for no limit.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>Free bytes where it keeps what it receives unasked, as it said last: some minutes old, and roughly; −1 when it does not say.</summary>
    public long FreeSpace { get; init; } = -1;

    /// <summary>Whether it runs in this process.</summary>
    public bool IsLocal { get; init; }

    /// <summary>The swarm's name.</summary>
    public string SwarmName { get; init; } = "";

    /// <summary>The local peer through which it is seen.</summary>
    public string LocalPeerId { get; init; } = "";

    /// <summary>The peer's name, so that an object given where a name is wanted works.</summary>
    public override string ToString() => Name;
}
