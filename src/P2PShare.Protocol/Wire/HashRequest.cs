using System.Buffers.Binary;
using System.Numerics;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Wire;

/// <summary>
/// The payload of hash request and hash reject, and the head of hashes (BEP 52). What was read may break every rule, so
/// that it can be rejected with the same words: ask <see cref="IsValid"/> before using it, then the file's tree whether
/// the range exists.
/// </summary>
/// <param name="PiecesRoot">Which file: the root of its Merkle tree.</param>
/// <param name="BaseLayer">The layer asked for, counted from the leaves (0).</param>
/// <param name="Index">The first hash asked for, counted in the base layer; a multiple of <paramref name="Length"/>.</param>
/// <param name="Length">How many hashes of the base layer: a power of two from 2 to 8192; 512 at most is good manners.</param>
/// <param name="ProofLayers">How many layers above the base layer to prove it with; the first log2(Length) - 1 of them are implied by the hashes themselves and not sent.</param>
public readonly record struct HashRequest(Hash256 PiecesRoot, int BaseLayer, int Index, int Length, int ProofLayers)
{
    /// <summary>The bytes of the payload.</summary>
    public const int Size = Hash256.Size + 4 * sizeof(int);

    /// <summary>The largest <see cref="Length"/> that is answered.</summary>
    public const int MaxLength = HashRange.MaxLength;

    /// <summary>The largest <see cref="Length"/> to ask for (BEP 52: SHOULD).</summary>
    public const int PreferredLength = HashRange.PreferredLength;

    /// <summary>No tree worth a request has more layers: 2^47 leaves of 16 KiB are 2 EiB.</summary>
    public const int MaxLayers = 48;

    /// <summary>Whether the numbers obey BEP 52, whatever the file.</summary>
    public bool IsValid =>
        BaseLayer is >= 0 and < MaxLayers
        && ProofLayers is >= 0 and < MaxLayers
        && Length is >= 2 and <= MaxLength && BitOperations.IsPow2(Length)
        && Index >= 0 && Index % Length == 0;

    /// <summary>What is asked for, without the file it is asked of.</summary>
    public HashRange Range => new(BaseLayer, Index, Length, ProofLayers);

    /// <summary>How many hashes answer this request: those of the base layer and the uncles. Only of a valid request.</summary>
    public int HashCount => Range.HashCount;

    /// <summary>How many uncle hashes follow those of the base layer. Only of a valid request.</summary>
    public int ProofCount => Range.ProofCount;

    /// <summary>The payload's length, in bytes, of the hashes message that answers this request. Only of a valid request.</summary>
    public int ResponseSize => Size + Hash256.Size * HashCount;

    /// <summary>The request for a range of a file's tree.</summary>
    public static HashRequest For(Hash256 piecesRoot, HashRange range) =>
        new(piecesRoot, range.BaseLayer, range.Index, range.Length, range.ProofLayers);

    /// <exception cref="WireException">The payload is not 48 bytes long.</exception>
    public static HashRequest Read(ReadOnlySpan<byte> payload)
    {
        MessageLengths.Require(payload.Length == Size, "hash request or hash reject", payload.Length);
        return new HashRequest(
            new Hash256(payload[..Hash256.Size]),
            BinaryPrimitives.ReadInt32BigEndian(payload[32..]),
            BinaryPrimitives.ReadInt32BigEndian(payload[36..]),
            BinaryPrimitives.ReadInt32BigEndian(payload[40..]),
            BinaryPrimitives.ReadInt32BigEndian(payload[44..]));
    }

    /// <summary>Writes the 48 bytes of the payload and returns 48.</summary>
    public int Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination[44..], ProofLayers);
        BinaryPrimitives.WriteInt32BigEndian(destination[40..], Length);
        BinaryPrimitives.WriteInt32BigEndian(destination[36..], Index);
        BinaryPrimitives.WriteInt32BigEndian(destination[32..], BaseLayer);
        PiecesRoot.CopyTo(destination);
        return Size;
    }
}
