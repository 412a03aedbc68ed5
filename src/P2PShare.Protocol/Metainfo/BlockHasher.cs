using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace P2PShare.Protocol.Metainfo;

/// <summary>Hashes blocks of 16 KiB: many at once where the processor has the registers for it, else one by one.</summary>
internal static class BlockHasher
{
    /// <summary>The most blocks that <see cref="Hash"/> takes.</summary>
    public const int MaxBlocks = Sha256Lanes512.Lanes;

    // What 16 lanes cost is what the platform needs for about 12 blocks with the SHA extensions, and for 3 without them.
    private static readonly int LeastForLanes =
        !Sha256Lanes512.IsSupported ? int.MaxValue : HasShaExtensions() ? 12 : 4;

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

    // CPUID leaf 7, EBX bit 29; the platform's own hashing uses them.
    private static bool HasShaExtensions() => X86Base.CpuId(0, 0).Eax >= 7 && (X86Base.CpuId(7, 0).Ebx & 1 << 29) != 0;
}
