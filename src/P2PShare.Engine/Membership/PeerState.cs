namespace P2PShare.Engine.Membership;

/// <summary>Where a peer stands in its swarm.</summary>
public enum PeerState
{
    /// <summary>Started, not yet in touch with the swarm.</summary>
    Joining,

    /// <summary>In the roster; its catalogue is the swarm's.</summary>
    Joined,

    /// <summary>Was in the swarm and reaches nobody at the moment; it keeps what it knows and keeps trying.</summary>
    Isolated,

    /// <summary>Saying goodbye.</summary>
    Stopping,

    /// <summary>Gone.</summary>
    Stopped,
}
