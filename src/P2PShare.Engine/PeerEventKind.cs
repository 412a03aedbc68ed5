namespace P2PShare.Engine;

/// <summary>What a <see cref="PeerEvent"/> tells of.</summary>
public enum PeerEventKind
{
    /// <summary>This peer listens.</summary>
    Started,

    /// <summary>This peer is in the roster.</summary>
    Joined,

    /// <summary>This peer lost the swarm and keeps trying.</summary>
    Isolated,

    /// <summary>This peer has stopped.</summary>
    Stopped,

    PeerJoined,
    PeerLeft,
    CoordinatorChanged,

    /// <summary>A connection was refused, here or there; the message says by whom and why.</summary>
    PeerRefused,

    /// <summary>An address could not be reached; it is tried again.</summary>
    PeerUnreachable,

    SharePublished,
    ShareWithdrawn,
    TransferStarted,
    TransferProgress,
    TransferCompleted,
    TransferFailed,
    TransferSuspended,
    TransferStopped,

    /// <summary>Another peer offers this one a share.</summary>
    OfferReceived,

    /// <summary>A peer has said what becomes of a share that this one offered it.</summary>
    OfferAnswered,

    /// <summary>Something the user should know of and that stops nothing.</summary>
    Warning,
}
