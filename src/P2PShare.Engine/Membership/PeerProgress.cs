namespace P2PShare.Engine.Membership;

/// <summary>How far one peer of the swarm is with one share: an immutable snapshot.</summary>
public sealed record PeerProgress
{
    /// <summary>The name the peer goes by in the swarm.</summary>
    public required string PeerName { get; init; }

    /// <summary>The peer's id: 64 hexadecimal digits.</summary>
    public required string PeerId { get; init; }

    /// <summary>The share's name.</summary>
    public required string ShareName { get; init; }

    /// <summary>The share's info-hash: 64 hexadecimal digits.</summary>
    public required string InfoHash { get; init; }

    public PeerProgressState State { get; init; }

    /// <summary>0 to 100, of what it wants of the share; null when it has not told.</summary>
    public double? PercentComplete { get; init; }

    /// <summary>Bytes per second it receives; 0 unless <see cref="PeerProgressState.Receiving"/>.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Bytes of the whole share.</summary>
    public long Length { get; init; }

    /// <summary>Whether it runs in this process.</summary>
    public bool IsLocal { get; init; }

    /// <summary>The swarm's name.</summary>
    public string SwarmName { get; init; } = "";

    /// <summary>The local peer through which it is seen.</summary>
    public string LocalPeerId { get; init; } = "";

    /// <summary>The peer's name, so that an object given where a name is wanted works.</summary>
    public override string ToString() => PeerName;
}
