namespace P2PShare.Protocol.Membership.Records;

/// <summary>What an entry holds. Entries of kinds unknown to the reader are ignored.</summary>
public enum RecordKind
{
    /// <summary>A <see cref="PeerRecord"/>.</summary>
    Peer = 1,

    /// <summary>A <see cref="ShareRecord"/>.</summary>
    Share = 2,

    /// <summary>A whole <see cref="HoldingsPart"/>.</summary>
    Holdings = 3,

    /// <summary>A <see cref="Records.HoldingsDelta"/>: only in updates and publications, never in a snapshot or a digest.</summary>
    HoldingsDelta = 4,
}
