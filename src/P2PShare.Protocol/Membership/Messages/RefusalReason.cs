namespace P2PShare.Protocol.Membership.Messages;

/// <summary>Why an acceptor does not want a link. A number unknown to the reader is <see cref="Other"/>.</summary>
public enum RefusalReason
{
    Other = 0,

    /// <summary>The dialler speaks a version the acceptor does not.</summary>
    ProtocolVersion = 1,

    /// <summary>Another live process has the same identity: a machine was cloned with its state directory.</summary>
    DuplicateIdentity = 2,

    /// <summary>There is a link between the two processes already, and it stays.</summary>
    AlreadyConnected = 3,

    /// <summary>No room for another link.</summary>
    Full = 4,

    ShuttingDown = 5,

    /// <summary>Another peer has the name.</summary>
    NameTaken = 6,

    /// <summary>The leaf is revoked, or its join issuer closed.</summary>
    Revoked = 7,

    /// <summary>Not allowed here, by the acceptor's settings.</summary>
    NotAllowed = 8,
}
