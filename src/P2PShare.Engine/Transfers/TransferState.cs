namespace P2PShare.Engine.Transfers;

/// <summary>The stages of a transfer, in their order.</summary>
public enum TransferState
{
    /// <summary>Waiting for its turn.</summary>
    Queued,

    /// <summary>Looking for a peer that holds it and can be reached.</summary>
    Connecting,

    /// <summary>Fetching the info dictionary (BEP 9) and the piece hashes (BEP 52).</summary>
    FetchingMetadata,

    /// <summary>Verifying what is already on disk.</summary>
    Checking,

    /// <summary>Receiving.</summary>
    Transferring,

    /// <summary>All is received and verified; flushing and renaming.</summary>
    Finishing,

    /// <summary>Complete; it is served to others while the peer runs.</summary>
    Completed,

    /// <summary>Stopped by its user, to be continued.</summary>
    Suspended,

    /// <summary>Ended by an error; what was verified is kept for another try.</summary>
    Failed,

    /// <summary>Ended for good by its user.</summary>
    Stopped,
}
