namespace P2PShare.Protocol.Membership.Records;

/// <summary>What became of a delta.</summary>
public enum HoldingsDeltaOutcome
{
    /// <summary>The part is now at the delta's version.</summary>
    Applied,

    /// <summary>The part is as new already; nothing to do.</summary>
    Stale,

    /// <summary>A delta before this one was missed: the whole part is needed.</summary>
    Gap,

    /// <summary>The owner did not sign what the delta leads to.</summary>
    Invalid,
}
