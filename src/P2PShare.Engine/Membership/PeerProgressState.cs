namespace P2PShare.Engine.Membership;

/// <summary>Where a peer stands with a share.</summary>
public enum PeerProgressState
{
    /// <summary>It has some of it and has not told more, yet.</summary>
    Unknown,

    /// <summary>It has nothing of it and does not receive it.</summary>
    None,

    /// <summary>It wants it and does not receive yet: queued, looking for a source, or checking its disk.</summary>
    Waiting,

    /// <summary>It is receiving it.</summary>
    Receiving,

    /// <summary>Its user has suspended it.</summary>
    Suspended,

    /// <summary>Its transfer ended with an error.</summary>
    Failed,

    /// <summary>It has all of it, or all the files it wants.</summary>
    Complete,
}
