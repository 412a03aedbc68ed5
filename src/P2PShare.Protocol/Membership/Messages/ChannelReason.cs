namespace P2PShare.Protocol.Membership.Messages;

/// <summary>Why a channel is not opened, or closed. A number unknown to the reader is <see cref="Other"/>.</summary>
public enum ChannelReason
{
    Other = 0,

    /// <summary>The share is not known here.</summary>
    UnknownShare = 1,

    /// <summary>The share is known, and neither served nor received here.</summary>
    NotOffered = 2,

    /// <summary>No room for another channel; try later.</summary>
    Busy = 3,

    /// <summary>The share has a channel already; that one stays.</summary>
    Duplicate = 4,

    /// <summary>Nothing more is wanted or given.</summary>
    Done = 5,

    /// <summary>The share was withdrawn, or is no longer offered here.</summary>
    Withdrawn = 6,

    /// <summary>The files cannot be read or written at the moment.</summary>
    Failed = 7,

    /// <summary>The other side broke the protocol on this channel.</summary>
    ProtocolError = 8,
}
