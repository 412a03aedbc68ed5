namespace P2PShare.Engine.Diagnostics;

/// <summary>What to check with when no peer runs.</summary>
public sealed record CheckOptions
{
    /// <summary>The swarm file, or a named leaf's file; null to leave out what needs one.</summary>
    public string? SwarmPath { get; init; }

    /// <summary>The text of a swarm file, in the place of <see cref="SwarmPath"/>.</summary>
    public string? SwarmText { get; init; }

    /// <summary>The port a peer would listen on.</summary>
    public int Port { get; init; } = PeerOptions.DefaultPort;

    /// <summary>The address it would listen on; null for all.</summary>
    public string? ListenAddress { get; init; }

    /// <summary>The folder that holds the state of peers; null for the platform's usual place.</summary>
    public string? StateRoot { get; init; }

    /// <summary>A folder into which is received, whose disk is looked at too; null for none.</summary>
    public string? Folder { get; init; }
}
