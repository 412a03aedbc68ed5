namespace P2PShare.Engine.Membership;

/// <summary>What a peer does for the roster.</summary>
public enum PeerRole
{
    Member,
    Deputy,
    Coordinator,
}
