namespace P2PShare.Protocol.Membership;

/// <summary>Where a peer stands with a share, as it tells those who watch. A number that a receiver does not know counts as <see cref="None"/>.</summary>
public enum ProgressState : byte
{
    /// <summary>It is not receiving it.</summary>
    None = 0,

    /// <summary>It wants it and does not receive yet: queued, looking for a source, checking its disk.</summary>
    Waiting = 1,

    /// <summary>It is receiving it.</summary>
    Receiving = 2,

    /// <summary>Its user has suspended it.</summary>
    Suspended = 3,

    /// <summary>It ended with an error.</summary>
    Failed = 4,

    /// <summary>It has all it wants of it.</summary>
    Complete = 5,
}
