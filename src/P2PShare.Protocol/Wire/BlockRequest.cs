using System.Buffers.Binary;

namespace P2PShare.Protocol.Wire;

/// <summary>
/// The payload of request, cancel and reject request (BEP 3, 6). What was read may be out of any range, negative
/// included, so that it can be rejected with the same words: ask <see cref="IsInside"/> before using it.
/// </summary>
/// <param name="Piece">The piece's index.</param>
/// <param name="Begin">The offset in the piece, in bytes.</param>
/// <param name="Length">Bytes wanted.</param>
public readonly record struct BlockRequest(int Piece, int Begin, int Length)
{
    /// <summary>The bytes of the payload.</summary>
    public const int Size = 12;

    /// <summary>16 KiB: what every client asks for, and the unit of BEP 52's hashes.</summary>
    public const int BlockSize = 16 * 1024;

    /// <summary>128 KiB: the longest block we answer.</summary>
    public const int MaxLength = 128 * 1024;

    /// <summary>Whether the request lies inside a piece of <paramref name="pieceSize"/> bytes and asks for 1 to <see cref="MaxLength"/> bytes.</summary>
    public bool IsInside(long pieceSize) =>
        Piece >= 0 && Begin >= 0 && Length is > 0 and <= MaxLength && (long)Begin + Length <= pieceSize;

    /// <exception cref="WireException">The payload is not 12 bytes long.</exception>
    public static BlockRequest Read(ReadOnlySpan<byte> payload)
    {
        MessageLengths.Require(payload.Length == Size, "request, cancel or reject request", payload.Length);
        return new BlockRequest(
            BinaryPrimitives.ReadInt32BigEndian(payload),
            BinaryPrimitives.ReadInt32BigEndian(payload[4..]),
            BinaryPrimitives.ReadInt32BigEndian(payload[8..]));
    }

    /// <summary>Writes the 12 bytes of the payload and returns 12.</summary>
    public int Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination[8..], Length);
        BinaryPrimitives.WriteInt32BigEndian(destination[4..], Begin);
        BinaryPrimitives.WriteInt32BigEndian(destination, Piece);
        return Size;
    }
}
