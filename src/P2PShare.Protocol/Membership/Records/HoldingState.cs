namespace P2PShare.Protocol.Membership.Records;

/// <summary>How much of a share a peer holds and serves.</summary>
public enum HoldingState : byte
{
    /// <summary>Nothing. Only in deltas, where it takes an item away: a part does not list what is not there.</summary>
    None = 0,

    /// <summary>Some of it, and it is receiving the rest.</summary>
    Partial = 1,

    /// <summary>All that it wants of it.</summary>
    Complete = 2,
}
