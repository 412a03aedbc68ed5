using System.Buffers.Binary;

namespace P2PShare.Protocol.Wire;

/// <summary>What precedes a block's bytes in a piece message, after the length prefix: id, index, begin (BEP 3). It may be out of any range, negative included.</summary>
/// <param name="Piece">The piece's index.</param>
/// <param name="Begin">The block's offset in the piece, in bytes.</param>
public readonly record struct PieceHeader(int Piece, int Begin)
{
    /// <summary>The bytes of id, index and begin.</summary>
    public const int Size = 9;

    /// <summary>How many bytes of data a piece message of that length carries.</summary>
    /// <exception cref="WireException">The message is shorter than its header.</exception>
    public static int DataLength(int messageLength)
    {
        MessageLengths.Require(messageLength >= Size, "piece", messageLength);
        return messageLength - Size;
    }

    /// <summary>Reads index and begin from the 8 bytes after the id.</summary>
    /// <exception cref="WireException">Fewer than 8 bytes.</exception>
    public static PieceHeader Read(ReadOnlySpan<byte> payload)
    {
        MessageLengths.Require(payload.Length >= Size - 1, "piece", payload.Length);
        return new PieceHeader(BinaryPrimitives.ReadInt32BigEndian(payload), BinaryPrimitives.ReadInt32BigEndian(payload[4..]));
    }

    /// <summary>Writes the 9 bytes of id, index and begin and returns 9.</summary>
    public int Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination[5..], Begin);
        BinaryPrimitives.WriteInt32BigEndian(destination[1..], Piece);
        destination[0] = (byte)MessageId.Piece;
        return Size;
    }
}
