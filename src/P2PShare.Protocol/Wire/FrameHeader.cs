using System.Buffers.Binary;

namespace P2PShare.Protocol.Wire;

/// <summary>
/// What precedes a message: on a link, the channel and the length of the message; on a foreign connection the length
/// alone, which is what BEP 3 says. The length counts the id and the payload; 0 is a keep-alive.
/// </summary>
/// <param name="Channel">0 is membership; each share has one more. 0 on a foreign connection.</param>
/// <param name="MessageLength">Bytes that follow: 0 to <see cref="MaxMessageLength"/>.</param>
public readonly record struct FrameHeader(uint Channel, int MessageLength)
{
    /// <summary>The bytes of a frame's header on a link.</summary>
    public const int Size = 8;

    /// <summary>The bytes of a message's length prefix, which is all the header that a foreign connection has.</summary>
    public const int LengthPrefixSize = 4;

    /// <summary>1 MiB: nothing longer is ever read or sent.</summary>
    public const int MaxMessageLength = 1 << 20;

    public bool IsKeepAlive => MessageLength == 0;

    /// <summary>Reads the header of a frame on a link: 8 bytes.</summary>
    /// <exception cref="WireException">The length is beyond the limit, or a keep-alive is not on channel 0.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> source)
    {
        var header = new FrameHeader(BinaryPrimitives.ReadUInt32BigEndian(source), ReadLength(source[4..]));
        return header is { IsKeepAlive: true, Channel: not 0 }
            ? throw new WireException(WireErrorKind.InvalidChannel, $"A keep-alive came on channel {header.Channel}.")
            : header;
    }

    /// <summary>Reads the length prefix of a message on a foreign connection: 4 bytes (BEP 3).</summary>
    /// <exception cref="WireException">The length is beyond the limit.</exception>
    public static int ReadLength(ReadOnlySpan<byte> source)
    {
        var length = BinaryPrimitives.ReadUInt32BigEndian(source);
        return length <= MaxMessageLength
            ? (int)length
            : throw new WireException(WireErrorKind.MessageTooLong, $"A message of {length} bytes; the limit is {MaxMessageLength}.");
    }

    /// <summary>Writes the 8 bytes of a frame's header and returns 8.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or beyond the limit.</exception>
    public int Write(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(MessageLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MessageLength, MaxMessageLength);
        BinaryPrimitives.WriteInt32BigEndian(destination[4..], MessageLength);
        BinaryPrimitives.WriteUInt32BigEndian(destination, Channel);
        return Size;
    }
}
