namespace P2PShare.Protocol.Membership;

/// <summary>What a peer may do for its swarm. Bits unknown to us are kept.</summary>
[Flags]
public enum PeerRoles
{
    /// <summary>Serves and receives, and never coordinates.</summary>
    None = 0,

    /// <summary>May become coordinator or deputy, once it has been dialled back.</summary>
    MayCoordinate = 1,

    /// <summary>Keeps copies of shares by itself, so that others of the kind can tell whose turn it is.</summary>
    KeepsCopies = 2,
}
