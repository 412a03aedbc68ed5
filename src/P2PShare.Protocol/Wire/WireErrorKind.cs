namespace P2PShare.Protocol.Wire;

/// <summary>Which rule of the wire protocol the bytes broke.</summary>
public enum WireErrorKind
{
    /// <summary>A length prefix beyond <see cref="FrameHeader.MaxMessageLength"/>.</summary>
    MessageTooLong,

    /// <summary>A payload that is not as long as its message must be.</summary>
    WrongLength,

    /// <summary>A channel number that its sender may not use.</summary>
    InvalidChannel,

    /// <summary>The first bytes are not a BitTorrent handshake (BEP 3).</summary>
    NotBitTorrent,

    /// <summary>A bit is set past the last piece (BEP 3).</summary>
    SpareBitsSet,

    /// <summary>A hash message whose range breaks BEP 52.</summary>
    InvalidHashRange,

    /// <summary>An extended message that is not what BEP 9 or 10 say.</summary>
    InvalidExtension,
}
