namespace P2PShare.Protocol.Membership.Messages;

/// <summary>Why a link is closed. A number unknown to the reader is <see cref="Other"/>.</summary>
public enum GoodbyeReason
{
    Other = 0,

    /// <summary>The sender's process ends; it leaves the swarm.</summary>
    ShuttingDown = 1,

    /// <summary>Two links between the same two processes: the other one stays.</summary>
    Duplicate = 2,

    /// <summary>A newer process of the receiver has taken this link's place.</summary>
    Replaced = 3,

    /// <summary>Nothing to do.</summary>
    Idle = 4,

    /// <summary>The receiver broke the protocol.</summary>
    ProtocolError = 5,

    /// <summary>The receiver's leaf was revoked.</summary>
    Revoked = 6,
}
