namespace P2PShare.Engine.Identity;

/// <summary>What a swarm's PEM file says: an immutable snapshot without secrets.</summary>
public sealed record SwarmInfo
{
    public required string Name { get; init; }

    /// <summary>40 hexadecimal digits.</summary>
    public required string SwarmId { get; init; }

    /// <summary>The file that was read, or that goes to the machines.</summary>
    public required string SwarmPath { get; init; }

    /// <summary>The administrator's file, when it was just made.</summary>
    public string? AdminPath { get; init; }

    public SwarmAuthority Authority { get; init; }

    /// <summary>When the file's own certificate (root, join issuer or leaf) ends, in UTC.</summary>
    public DateTime NotAfter { get; init; }

    /// <summary>When the root certificate ends, in UTC.</summary>
    public DateTime RootNotAfter { get; init; }

    /// <summary>The machine's name, for a named leaf.</summary>
    public string? PeerName { get; init; }

    /// <summary>The machine's role, for a named leaf.</summary>
    public SwarmRole? Role { get; init; }

    public override string ToString() => SwarmPath;
}
