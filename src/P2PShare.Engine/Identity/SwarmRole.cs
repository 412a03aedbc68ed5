namespace P2PShare.Engine.Identity;

/// <summary>What a peer may become in its swarm; named leaves carry it, ordinary members have <see cref="Member"/>.</summary>
public enum SwarmRole
{
    /// <summary>An ordinary peer; it may coordinate when it can be dialled.</summary>
    Member,

    /// <summary>A peer that serves and receives but never becomes coordinator.</summary>
    Client,
}
