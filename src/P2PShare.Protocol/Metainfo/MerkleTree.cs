using System.Numerics;
using System.Security.Cryptography;

namespace P2PShare.Protocol.Metainfo;

/// <summary>
/// The hash trees of BEP 52. Level 0 is a file's leaves, one SHA-256 for each 16 KiB block (the last block is short, not
/// padded); a node one level up is the SHA-256 of its two children. A missing leaf is 32 zero bytes. Hashes are passed
/// as spans of 32 bytes each, one after the other; nothing here allocates.
/// </summary>
public static class MerkleTree
{
    /// <summary>The bytes under one leaf, and the length of every request but a file's last: 16 KiB.</summary>
    public const int BlockSize = 16 * 1024;

    /// <summary>The highest level any tree of 64-bit lengths can have.</summary>
    public const int MaxLevel = 49;

    private const int HashSize = Hash256.Size;

    // Nodes whose parents are hashed by one call.
    private const int MostTogether = 2 * BlockHasher.MaxBlocks;

    private static readonly byte[] PadHashes = MakePadHashes();

    /// <summary>The root of a subtree of <paramref name="level"/> levels above leaves that are all missing: what stands right of a file's end.</summary>
    public static ReadOnlySpan<byte> PadHash(int level) => PadHashes.AsSpan(level * HashSize, HashSize);

    /// <summary>How many levels a tree over <paramref name="nodes"/> nodes has above them, padded to a power of two.</summary>
    public static int LevelsAbove(long nodes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nodes, 1);
        return nodes == 1 ? 0 : BitOperations.Log2((ulong)(nodes - 1)) + 1;
    }

    /// <summary>Writes the leaf hash of each block of <paramref name="data"/>, which begins at a block's begin.</summary>
    /// <returns>The number of leaves.</returns>
    public static int HashBlocks(ReadOnlySpan<byte> data, Span<byte> leaves)
    {
        var count = 0;
        while (!data.IsEmpty)
        {
            var blocks = data[..Math.Min(BlockHasher.MaxBlocks * BlockSize, data.Length)];
            count += BlockHasher.Hash(blocks, leaves[(count * HashSize)..]);
            data = data[blocks.Length..];
        }

        return count;
    }

    /// <summary>Writes the leaf hash of each of some blocks, which lie in different places: small files, say. Many at once are hashed faster than one by one.</summary>
    /// <exception cref="ArgumentException">A block is empty or longer than 16 KiB, or the hashes are not as many.</exception>
    public static void HashEach(ReadOnlySpan<ReadOnlyMemory<byte>> blocks, Span<byte> leaves)
    {
        if (leaves.Length != blocks.Length * HashSize) throw new ArgumentException("Not one hash for each block.", nameof(leaves));
        foreach (var block in blocks)
        {
            if (block.Length is 0 or > BlockSize) throw new ArgumentException("Not a block.", nameof(blocks));
        }

        BlockHasher.HashEach(blocks, leaves);
    }

    /// <summary>
    /// Writes the root, at <paramref name="rootLevel"/>, of the subtree whose leftmost nodes at <paramref name="nodeLevel"/>
    /// are <paramref name="nodes"/>; those to their right are missing.
    /// </summary>
    /// <exception cref="ArgumentException">The nodes are not whole hashes, or more than fit below that root.</exception>
    public static void Root(ReadOnlySpan<byte> nodes, int nodeLevel, int rootLevel, Span<byte> root)
    {
        if (nodes.Length % HashSize != 0) throw new ArgumentException("Hashes have 32 bytes each.", nameof(nodes));
        RequireRoom(nodes.Length / HashSize, nodeLevel, rootLevel);
        Span<byte> pairs = stackalloc byte[(rootLevel - nodeLevel + 1) * 2 * HashSize];
        var tree = new Accumulator(pairs, nodeLevel, rootLevel);
        tree.Append(nodes);
        tree.Finish(root);
    }

    /// <inheritdoc cref="Root(ReadOnlySpan{byte}, int, int, Span{byte})"/>
    public static Hash256 Root(ReadOnlySpan<byte> nodes, int nodeLevel, int rootLevel)
    {
        Span<byte> root = stackalloc byte[HashSize];
        Root(nodes, nodeLevel, rootLevel, root);
        return new Hash256(root);
    }

    /// <summary>Writes the roots of whole subtrees that stand side by side. Many are hashed faster than one by one.</summary>
    /// <param name="nodes">The lowest nodes of all subtrees, one subtree's after the other's.</param>
    /// <param name="levels">How many levels the roots are above them, 1 to 49: each subtree has 2^<paramref name="levels"/> nodes.</param>
    /// <param name="roots">Receives the roots; has room for half of the nodes, which it is worked in.</param>
    /// <exception cref="ArgumentException">The nodes are no whole number of subtrees, or there is not enough room.</exception>
    public static void Roots(ReadOnlySpan<byte> nodes, int levels, Span<byte> roots)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(levels, MaxLevel);
        if (nodes.Length % ((long)HashSize << levels) != 0) throw new ArgumentException("No whole number of subtrees.", nameof(nodes));
        if (roots.Length < nodes.Length / 2) throw new ArgumentException("Not room for half of the nodes.", nameof(roots));
        for (var level = 1; level <= levels; level++)
        {
            var parents = roots[..(nodes.Length / 2)];
            BlockHasher.HashPairs(nodes, parents);
            nodes = parents;
        }
    }

    /// <summary>The root at <paramref name="rootLevel"/> over the blocks of <paramref name="data"/>: what a piece's bytes must hash to. For a piece of a larger file that is the piece's level, for a file of one piece its tree's own height (<see cref="MerkleShape.PieceRootLevel"/>).</summary>
    /// <exception cref="ArgumentException">More data than fits below that root.</exception>
    public static Hash256 RootOfData(ReadOnlySpan<byte> data, int rootLevel)
    {
        RequireRoom(((long)data.Length + BlockSize - 1) / BlockSize, 0, rootLevel);
        Span<byte> pairs = stackalloc byte[(rootLevel + 1) * 2 * HashSize];
        Span<byte> leaves = stackalloc byte[BlockHasher.MaxBlocks * HashSize];
        var tree = new Accumulator(pairs, 0, rootLevel);
        while (!data.IsEmpty)
        {
            var blocks = data[..Math.Min(BlockHasher.MaxBlocks * BlockSize, data.Length)];
            var count = BlockHasher.Hash(blocks, leaves);
            tree.Append(leaves[..(count * HashSize)]);
            data = data[blocks.Length..];
        }

        tree.Finish(leaves[..HashSize]);
        return new Hash256(leaves[..HashSize]);
    }

    /// <summary>
    /// Writes one node, found by its level and its index there, out of a lower layer: <paramref name="layer"/> holds the
    /// nodes of <paramref name="layerLevel"/> from index 0 up to the file's end.
    /// </summary>
    public static void Node(ReadOnlySpan<byte> layer, int layerLevel, int level, long index, Span<byte> node)
    {
        var above = level - layerLevel;
        var count = layer.Length / HashSize;
        var first = Math.Min(index << above, count);
        var last = Math.Min((index + 1) << above, count);
        Root(layer[((int)first * HashSize)..((int)last * HashSize)], layerLevel, level, node);
    }

    private static void RequireRoom(long nodes, int nodeLevel, int rootLevel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(nodeLevel);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rootLevel, MaxLevel);
        ArgumentOutOfRangeException.ThrowIfLessThan(rootLevel, nodeLevel);
        if (nodes > 1L << (rootLevel - nodeLevel))
            throw new ArgumentException($"{nodes} nodes do not fit {rootLevel - nodeLevel} levels below their root.", nameof(nodes));
    }

    private static byte[] MakePadHashes()
    {
        var hashes = new byte[(MaxLevel + 1) * HashSize];
        Span<byte> pair = stackalloc byte[2 * HashSize];
        for (var level = 1; level <= MaxLevel; level++)
        {
            var below = hashes.AsSpan((level - 1) * HashSize, HashSize);
            below.CopyTo(pair);
            below.CopyTo(pair[HashSize..]);
            SHA256.HashData(pair, hashes.AsSpan(level * HashSize, HashSize));
        }

        return hashes;
    }

    /// <summary>Builds a root from left to right, holding at each level at most one node that waits for its sibling, like the carries of a binary counter.</summary>
    private ref struct Accumulator(Span<byte> pairs, int bottom, int top)
    {
        private readonly Span<byte> _pairs = pairs;
        private long _count;

        public void Append(scoped ReadOnlySpan<byte> nodes)
        {
            Span<byte> subtree = stackalloc byte[MostTogether * HashSize / 2];
            while (!nodes.IsEmpty)
            {
                // As many as are a whole subtree where the tree stands: their levels can be hashed one by one.
                var levels = Math.Min(BitOperations.Log2((uint)Math.Min(nodes.Length / HashSize, MostTogether)), BitOperations.TrailingZeroCount(_count));
                var some = nodes[..(HashSize << levels)];
                nodes = nodes[some.Length..];
                if (levels == 0)
                {
                    Append(some, 0);
                    continue;
                }

                Roots(some, levels, subtree);
                Append(subtree[..HashSize], levels);
            }
        }

        private void Append(scoped ReadOnlySpan<byte> node, int level)
        {
            Span<byte> carry = stackalloc byte[HashSize];
            node.CopyTo(carry);
            var count = _count + (1L << level);
            for (; (_count >> level & 1) != 0; level++)
            {
                carry.CopyTo(Right(level));
                SHA256.HashData(Pair(level), carry);
            }

            carry.CopyTo(Left(level));
            _count = count;
        }

        public readonly void Finish(Span<byte> root)
        {
            var height = top - bottom;
            if (_count == 0)
            {
                PadHash(top).CopyTo(root);
                return;
            }

            if (_count == 1L << height)
            {
                Left(height).CopyTo(root);
                return;
            }

            Span<byte> carry = stackalloc byte[HashSize];
            // At the lowest waiting node everything to its right is missing; above it, whatever is not there is too.
            var level = BitOperations.TrailingZeroCount(_count);
            PadHash(bottom + level).CopyTo(Right(level));
            SHA256.HashData(Pair(level), carry);
            for (level++; level < height; level++)
            {
                if ((_count >> level & 1) != 0)
                {
                    carry.CopyTo(Right(level));
                }
                else
                {
                    carry.CopyTo(Left(level));
                    PadHash(bottom + level).CopyTo(Right(level));
                }

                SHA256.HashData(Pair(level), carry);
            }

            carry.CopyTo(root);
        }

        private readonly Span<byte> Pair(int level) => _pairs.Slice(level * 2 * HashSize, 2 * HashSize);

        private readonly Span<byte> Left(int level) => Pair(level)[..HashSize];

        private readonly Span<byte> Right(int level) => Pair(level)[HashSize..];
    }
}
