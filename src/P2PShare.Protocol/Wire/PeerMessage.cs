using System.Buffers.Binary;

namespace P2PShare.Protocol.Wire;

/// <summary>
/// Writes the messages of BEP 3, 6, 10 and 52 whole: length prefix, id, payload. Each method returns the bytes written
/// and throws <see cref="ArgumentException"/> or <see cref="ArgumentOutOfRangeException"/> when the destination is too
/// short. On a link the channel's 4 bytes (<see cref="WriteChannel"/>) come before; on a foreign connection nothing does.
/// </summary>
public static class PeerMessage
{
    /// <summary>The payload of have, suggest and allowed fast.</summary>
    public const int IndexSize = 4;

    /// <summary>The longest message of fixed length, prefix and id included: a hash request.</summary>
    public const int MaxFixedSize = Prefix + HashRequest.Size;

    /// <summary>Length prefix, id, index and begin of a piece message: what is written before the block's bytes.</summary>
    public const int PiecePrefixSize = FrameHeader.LengthPrefixSize + PieceHeader.Size;

    /// <summary>The channel's bytes before a message on a link.</summary>
    public const int ChannelSize = 4;

    private const int Prefix = FrameHeader.LengthPrefixSize + 1;

    /// <summary>Writes the channel number that precedes a message on a link: 4 bytes.</summary>
    public static int WriteChannel(Span<byte> destination, uint channel)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, channel);
        return ChannelSize;
    }

    /// <summary>A keep-alive: a length of 0 and nothing else.</summary>
    public static int WriteKeepAlive(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, 0);
        return FrameHeader.LengthPrefixSize;
    }

    /// <summary>A message without payload: choke, unchoke, interested, not interested, have all, have none.</summary>
    public static int WriteEmpty(Span<byte> destination, MessageId id) => WritePrefix(destination, id, 0);

    /// <summary>Have, suggest or allowed fast.</summary>
    public static int WriteIndex(Span<byte> destination, MessageId id, int piece)
    {
        WritePrefix(destination, id, IndexSize);
        BinaryPrimitives.WriteInt32BigEndian(destination[Prefix..], piece);
        return Prefix + IndexSize;
    }

    /// <summary>Request, cancel or reject request.</summary>
    public static int WriteBlockRequest(Span<byte> destination, MessageId id, BlockRequest request) =>
        WritePrefix(destination, id, BlockRequest.Size) + request.Write(destination[Prefix..]);

    /// <summary>The first 13 bytes of a piece message; <paramref name="dataLength"/> bytes of the block follow.</summary>
    public static int WritePiecePrefix(Span<byte> destination, PieceHeader header, int dataLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dataLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dataLength, FrameHeader.MaxMessageLength - PieceHeader.Size);
        BinaryPrimitives.WriteInt32BigEndian(destination, PieceHeader.Size + dataLength);
        return FrameHeader.LengthPrefixSize + header.Write(destination[FrameHeader.LengthPrefixSize..]);
    }

    /// <summary>A bitfield; it takes 5 bytes and <see cref="Bitfield.ByteLength"/>.</summary>
    public static int WriteBitfield(Span<byte> destination, Bitfield bitfield)
    {
        ArgumentNullException.ThrowIfNull(bitfield);
        return WritePrefix(destination, MessageId.Bitfield, bitfield.ByteLength) + bitfield.CopyTo(destination[Prefix..]);
    }

    /// <summary>The sender's DHT port (BEP 5).</summary>
    public static int WritePort(Span<byte> destination, ushort port)
    {
        WritePrefix(destination, MessageId.Port, sizeof(ushort));
        BinaryPrimitives.WriteUInt16BigEndian(destination[Prefix..], port);
        return Prefix + sizeof(ushort);
    }

    /// <summary>Hash request or hash reject (BEP 52).</summary>
    public static int WriteHashRequest(Span<byte> destination, MessageId id, HashRequest request) =>
        WritePrefix(destination, id, HashRequest.Size) + request.Write(destination[Prefix..]);

    /// <summary>Hashes (BEP 52); it takes 5 bytes and <see cref="HashRequest.ResponseSize"/> of its request.</summary>
    /// <exception cref="ArgumentException">Not as many bytes of hashes as the request asks for.</exception>
    public static int WriteHashes(Span<byte> destination, HashesMessage message) =>
        WritePrefix(destination, MessageId.Hashes, HashRequest.Size + message.Hashes.Length) + message.Write(destination[Prefix..]);

    /// <summary>An extended message (BEP 10): <paramref name="extension"/> is the number the receiver gave it, 0 is the handshake.</summary>
    public static int WriteExtended(Span<byte> destination, byte extension, ReadOnlySpan<byte> payload)
    {
        WritePrefix(destination, MessageId.Extended, 1 + payload.Length);
        destination[Prefix] = extension;
        payload.CopyTo(destination[(Prefix + 1)..]);
        return Prefix + 1 + payload.Length;
    }

    /// <summary>Length prefix and id of a message whose payload the caller writes after them; returns 5. The id is a byte because channel 0 has ids of its own.</summary>
    public static int WritePrefix(Span<byte> destination, byte id, int payloadLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payloadLength, FrameHeader.MaxMessageLength - 1);
        destination[FrameHeader.LengthPrefixSize] = id;
        BinaryPrimitives.WriteInt32BigEndian(destination, 1 + payloadLength);
        return Prefix;
    }

    /// <summary>Reads the payload of have, suggest or allowed fast. The index may be out of any range, negative included.</summary>
    /// <exception cref="WireException">The payload is not 4 bytes long.</exception>
    public static int ReadIndex(ReadOnlySpan<byte> payload)
    {
        MessageLengths.Require(payload.Length == IndexSize, "have, suggest or allowed fast", payload.Length);
        return BinaryPrimitives.ReadInt32BigEndian(payload);
    }

    /// <summary>Reads the payload of port (BEP 5).</summary>
    /// <exception cref="WireException">The payload is not 2 bytes long.</exception>
    public static ushort ReadPort(ReadOnlySpan<byte> payload)
    {
        MessageLengths.Require(payload.Length == sizeof(ushort), "port", payload.Length);
        return BinaryPrimitives.ReadUInt16BigEndian(payload);
    }

    private static int WritePrefix(Span<byte> destination, MessageId id, int payloadLength) =>
        WritePrefix(destination, (byte)id, payloadLength);
}
