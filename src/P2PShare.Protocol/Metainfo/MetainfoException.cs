using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Metainfo;

/// <summary>Metainfo that is refused; <see cref="Kind"/> says why.</summary>
public sealed class MetainfoException : ProtocolException
{
    public MetainfoException(MetainfoErrorKind kind, string message) : base(message) => Kind = kind;

    public MetainfoException(MetainfoErrorKind kind, string message, Exception innerException)
        : base(message, innerException) => Kind = kind;

    public MetainfoErrorKind Kind { get; }

    internal static MetainfoException From(BencodeException fault) => new(
        fault.Kind switch
        {
            BencodeErrorKind.TooDeep => MetainfoErrorKind.TooDeep,
            BencodeErrorKind.TooManyTokens => MetainfoErrorKind.TooManyTokens,
            _ => MetainfoErrorKind.Malformed,
        },
        fault.Message,
        fault);
}
