namespace P2PShare.Protocol.Wire;

/// <summary>Bytes of a connection that break the wire protocol; the connection is to be closed.</summary>
public sealed class WireException : ProtocolException
{
    public WireException(WireErrorKind kind, string message) : base(message) => Kind = kind;

    public WireException(WireErrorKind kind, string message, Exception innerException) : base(message, innerException) => Kind = kind;

    public WireErrorKind Kind { get; }
}
