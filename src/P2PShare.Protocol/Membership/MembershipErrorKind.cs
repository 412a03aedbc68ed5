namespace P2PShare.Protocol.Membership;

/// <summary>What is wrong with a membership message or a record.</summary>
public enum MembershipErrorKind
{
    /// <summary>Not one strictly bencoded dictionary; the inner exception says where.</summary>
    Malformed,

    /// <summary>A key that must be there is not.</summary>
    MissingKey,

    /// <summary>A value of another type than its key's, out of range, too long, or text that is not UTF-8.</summary>
    InvalidValue,

    /// <summary>Not "address:port" in its canonical form.</summary>
    InvalidAddress,

    /// <summary>A message longer than its type allows.</summary>
    TooLong,

    /// <summary>A list with more items than it may have.</summary>
    TooMany,

    /// <summary>A type of message, or a kind of record, that was not expected here.</summary>
    UnexpectedType,

    /// <summary>No DER certificate, or one whose key is not ECDSA P-256.</summary>
    InvalidCertificate,

    /// <summary>A record that says it belongs to someone else than its certificate or its grant does.</summary>
    ForeignOwner,

    /// <summary>Items that are not strictly ascending.</summary>
    NotSorted,
}
