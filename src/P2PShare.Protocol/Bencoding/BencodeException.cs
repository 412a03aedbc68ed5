namespace P2PShare.Protocol.Bencoding;

/// <summary>Input that is not strict bencoding, or not what its reader asked for.</summary>
public sealed class BencodeException : ProtocolException
{
    public BencodeException(BencodeErrorKind kind, int offset, string message)
        : base($"{message} (byte {offset})")
    {
        Kind = kind;
        Offset = offset;
    }

    public BencodeErrorKind Kind { get; }

    /// <summary>Where the faulty value begins, in bytes from the start of the input; the input's length when it ends too early.</summary>
    public int Offset { get; }
}
