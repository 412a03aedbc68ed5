namespace P2PShare.Protocol.Membership;

/// <summary>A message of channel 0, or a record, that breaks the protocol.</summary>
public sealed class MembershipException : ProtocolException
{
    public MembershipException(MembershipErrorKind kind, string message) : base(message) => Kind = kind;

    public MembershipException(MembershipErrorKind kind, string message, Exception innerException) : base(message, innerException) => Kind = kind;

    public MembershipErrorKind Kind { get; }
}
