using System.Numerics;

namespace P2PShare.Protocol.Metainfo;

/// <summary>
/// What a <c>hash request</c> asks for and a <c>hashes</c> message carries (BEP 52, messages 21 to 23): some neighbouring
/// hashes of one layer of a file's tree, and the uncle hashes that connect them with its root.
/// </summary>
/// <param name="BaseLayer">The level of the hashes; 0 is the leaves.</param>
/// <param name="Index">The first hash, counted from the layer's begin; a multiple of <paramref name="Length"/>.</param>
/// <param name="Length">How many hashes: a power of two, at least 2.</param>
/// <param name="ProofLayers">How many levels above the base layer uncles are wanted for. The first log2(Length) - 1 of them are not sent, since they follow from the hashes themselves.</param>
public readonly record struct HashRange(int BaseLayer, int Index, int Length, int ProofLayers)
{
    /// <summary>The longest range that others answer for the piece layer.</summary>
    public const int PreferredLength = 512;

    /// <summary>The longest range that anyone may ask for.</summary>
    public const int MaxLength = 8192;

    /// <summary>The level of the one node that covers the range's hashes.</summary>
    public int TopLevel => BaseLayer + BitOperations.Log2((uint)Length);

    /// <summary>How many uncle hashes follow the hashes.</summary>
    public int ProofCount => Math.Max(0, ProofLayers - (BitOperations.Log2((uint)Length) - 1));

    /// <summary>How many hashes a <c>hashes</c> message for this range carries, uncles included.</summary>
    public int HashCount => Length + ProofCount;

    /// <summary>Whether the range can be answered from a tree of this shape; if not, the answer is <c>hash reject</c>.</summary>
    public bool IsValid(in MerkleShape shape) =>
        BaseLayer >= 0 && BaseLayer < shape.RootLevel
        && Length >= 2 && Length <= MaxLength && BitOperations.IsPow2(Length)
        && Index >= 0 && Index % Length == 0
        && (long)Index + Length <= 1L << (shape.RootLevel - BaseLayer)
        && ProofLayers >= 0 && ProofLayers < shape.RootLevel - BaseLayer;

    /// <summary>How many ranges <see cref="PieceLayerChunk"/> has for a file: those that hold any of its pieces.</summary>
    public static int PieceLayerChunkCount(in MerkleShape shape) =>
        shape.HasPieceLayer ? (int)((shape.PieceCount - 1) / PreferredLength + 1) : 0;

    /// <summary>The range to ask for to learn part of a file's piece layer: at most 512 hashes, with every uncle up to the root.</summary>
    public static HashRange PieceLayerChunk(in MerkleShape shape, int chunk)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(chunk);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(chunk, PieceLayerChunkCount(shape));
        var levels = shape.RootLevel - shape.PieceLevel;
        var length = (int)Math.Min(PreferredLength, 1L << levels);
        return new HashRange(shape.PieceLevel, chunk * length, length, ProofLayersTo(shape.PieceLevel, length, shape.RootLevel));
    }

    /// <summary>The range to ask for to learn the leaves of one piece, whose own hash is known already: no uncles.</summary>
    /// <exception cref="ArgumentException">The piece has a single leaf, which is its hash, or the range would be too long.</exception>
    public static HashRange PieceLeaves(in MerkleShape shape, int pieceInFile)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pieceInFile);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(pieceInFile, shape.PieceCount);
        var length = 1L << shape.PieceRootLevel;
        var index = pieceInFile * length;
        if (length is < 2 or > MaxLength || index > int.MaxValue)
            throw new ArgumentException("These leaves cannot be asked for.", nameof(shape));
        return new HashRange(0, (int)index, (int)length, 0);
    }

    /// <summary>
    /// Whether a <c>hashes</c> message's hashes (the range's own, then its uncles from the bottom up) lead to
    /// <paramref name="known"/>, the hash at <paramref name="knownLevel"/> above them: the file's root, or the hash of the
    /// piece they belong to. Everything that came is then true.
    /// </summary>
    /// <returns>False also when the range is not valid for the file, when the number of hashes is not the exact one, and
    /// when the uncles reach less or more than the known hash.</returns>
    public bool Verify(in MerkleShape shape, ReadOnlySpan<byte> hashes, Hash256 known, int knownLevel)
    {
        if (!IsValid(shape) || hashes.Length != HashCount * Hash256.Size) return false;
        if (knownLevel > shape.RootLevel || TopLevel + ProofCount != knownLevel) return false;

        Span<byte> pair = stackalloc byte[2 * Hash256.Size];
        Span<byte> node = stackalloc byte[Hash256.Size];
        MerkleTree.Root(hashes[..(Length * Hash256.Size)], BaseLayer, TopLevel, node);
        var uncles = hashes[(Length * Hash256.Size)..];
        var index = Index / Length;
        for (; !uncles.IsEmpty; uncles = uncles[Hash256.Size..], index >>= 1)
        {
            var nodeIsLeft = (index & 1) == 0;
            node.CopyTo(nodeIsLeft ? pair : pair[Hash256.Size..]);
            uncles[..Hash256.Size].CopyTo(nodeIsLeft ? pair[Hash256.Size..] : pair);
            System.Security.Cryptography.SHA256.HashData(pair, node);
        }

        return new Hash256(node) == known;
    }

    /// <summary>Whether the hashes lead to the file's root.</summary>
    public bool Verify(in MerkleShape shape, ReadOnlySpan<byte> hashes, Hash256 piecesRoot) =>
        Verify(shape, hashes, piecesRoot, shape.RootLevel);

    /// <summary>The number of proof layers whose uncles lead from a range to a hash at <paramref name="knownLevel"/>.</summary>
    public static int ProofLayersTo(int baseLayer, int length, int knownLevel) =>
        baseLayer + BitOperations.Log2((uint)length) >= knownLevel ? 0 : knownLevel - 1 - baseLayer;
}
