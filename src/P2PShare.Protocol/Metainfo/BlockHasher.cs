using System.Buffers;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace P2PShare.Protocol.Metainfo;

/// <summary>Hashes blocks of 16 KiB, and the nodes above them: many at once where the processor has the registers for it, else one by one.</summary>
internal static class BlockHasher
{
    /// <summary>The most blocks that <see cref="Hash"/> takes.</summary>
    public const int MaxBlocks = Sha256Lanes512.Lanes;

    // What 16 lanes cost is what the platform needs for about 12 blocks with the SHA extensions, and for 3 without them.
    private static readonly int LeastForLanes =
        !Sha256Lanes512.IsSupported ? int.MaxValue : HasShaExtensions() ? 12 : 4;

    // One pair of hashes takes the platform as long as the lanes need for 16 of them: nearly all of it is the call.
    private static readonly int LeastPairsForLanes = Sha256Lanes512.IsSupported ? 2 : int.MaxValue;

    /// <summary>Writes the SHA-256 of each of at most 16 blocks; the last one may be short.</summary>
    /// <returns>The number of blocks.</returns>
    public static int Hash(ReadOnlySpan<byte> data, Span<byte> hashes)
    {
        var whole = data.Length / MerkleTree.BlockSize;
        var done = 0;
        if (whole >= LeastForLanes)
        {
            Sha256Lanes512.Hash(data[..(whole * MerkleTree.BlockSize)], MerkleTree.BlockSize, hashes[..(whole * Hash256.Size)]);
            data = data[(whole * MerkleTree.BlockSize)..];
            done = whole;
        }

        for (; !data.IsEmpty; done++)
        {
            var block = data[..Math.Min(MerkleTree.BlockSize, data.Length)];
            SHA256.HashData(block, hashes.Slice(done * Hash256.Size, Hash256.Size));
            data = data[block.Length..];
        }

        return done;
    }

    /// <summary>Writes the SHA-256 of each of some blocks that lie in different places, none longer than 16 KiB.</summary>
    public static void HashEach(ReadOnlySpan<ReadOnlyMemory<byte>> blocks, Span<byte> hashes)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Math.Min(MaxBlocks, blocks.Length)..])
        {
            var some = blocks[..Math.Min(MaxBlocks, blocks.Length)];
            if (!TryHashTogether(some, hashes))
            {
                for (var i = 0; i < some.Length; i++) SHA256.HashData(some[i].Span, hashes.Slice(i * Hash256.Size, Hash256.Size));
            }

            hashes = hashes[(some.Length * Hash256.Size)..];
        }
    }

    /// <summary>Writes the SHA-256 of each two hashes: of a tree's nodes, those one level up.</summary>
    /// <param name="nodes">A whole number of pairs.</param>
    /// <param name="parents">Half as long; may begin where the nodes do, which are overwritten then.</param>
    public static void HashPairs(ReadOnlySpan<byte> nodes, Span<byte> parents)
    {
        const int pair = 2 * Hash256.Size;
        while (nodes.Length / pair >= LeastPairsForLanes)
        {
            var some = nodes[..(Math.Min(nodes.Length / pair, Sha256Lanes512.Lanes) * pair)];
            Sha256Lanes512.Hash(some, pair, parents[..(some.Length / 2)]);
            nodes = nodes[some.Length..];
            parents = parents[(some.Length / 2)..];
        }

        Span<byte> parent = stackalloc byte[Hash256.Size];
        for (; !nodes.IsEmpty; nodes = nodes[pair..], parents = parents[Hash256.Size..])
        {
            SHA256.HashData(nodes[..pair], parent);
            parent.CopyTo(parents);
        }
    }

    /// <returns>False when one by one is faster.</returns>
    private static bool TryHashTogether(ReadOnlySpan<ReadOnlyMemory<byte>> blocks, Span<byte> hashes)
    {
        int all = 0, longest = 0;
        var areWhole = true;
        foreach (var block in blocks)
        {
            var size = Sha256Lanes512.ChunksOf(block.Length);
            all += size;
            longest = Math.Max(longest, size);
            areWhole &= block.Length == MerkleTree.BlockSize;
        }

        // The lanes take for each what they take for the longest.
        if (LeastForLanes == int.MaxValue || all < (long)longest * LeastForLanes) return false;
        if (areWhole)
        {
            Sha256Lanes512.Hash(blocks, MerkleTree.BlockSize, hashes[..(blocks.Length * Hash256.Size)]);
            return true;
        }

        Span<int> chunks = stackalloc int[blocks.Length];
        var stride = longest * Sha256Lanes512.ChunkSize;
        var scratch = ArrayPool<byte>.Shared.Rent(blocks.Length * stride);
        for (var i = 0; i < blocks.Length; i++)
        {
            var message = scratch.AsSpan(i * stride, stride);
            blocks[i].Span.CopyTo(message);
            chunks[i] = Sha256Lanes512.Pad(message, blocks[i].Length);
        }

        Sha256Lanes512.HashPadded(scratch.AsSpan(0, blocks.Length * stride), stride, chunks, hashes[..(blocks.Length * Hash256.Size)]);
        ArrayPool<byte>.Shared.Return(scratch);
        return true;
    }

    // CPUID leaf 7, EBX bit 29; the platform's own hashing uses them.
    private static bool HasShaExtensions() => X86Base.CpuId(0, 0).Eax >= 7 && (X86Base.CpuId(7, 0).Ebx & 1 << 29) != 0;
}
