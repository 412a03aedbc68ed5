using System.Security.Cryptography;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Tests.Metainfo;

public sealed class BlockHasherTests
{
    public static TheoryData<int> Lengths => [.. Enumerable.Range(1, BlockHasher.MaxBlocks).SelectMany(blocks => new[] { blocks * MerkleTree.BlockSize, blocks * MerkleTree.BlockSize - 1, (blocks - 1) * MerkleTree.BlockSize + 1 })];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Hashes_any_number_of_blocks_as_the_platform_does(int length)
    {
        var data = new byte[length];
        new Random(length).NextBytes(data);
        var hashes = new byte[BlockHasher.MaxBlocks * Hash256.Size];
        Assert.Equal((length + MerkleTree.BlockSize - 1) / MerkleTree.BlockSize, BlockHasher.Hash(data, hashes));
        Assert.Equal(data.Chunk(MerkleTree.BlockSize).SelectMany(SHA256.HashData), hashes.Take((length + MerkleTree.BlockSize - 1) / MerkleTree.BlockSize * Hash256.Size));
    }

    [Theory]
    [InlineData(1, 64)]
    [InlineData(16, 64)]
    [InlineData(16, 128)]
    [InlineData(7, 640)]
    [InlineData(16, 16384)]
    public void Lanes_hash_as_the_platform_does(int count, int length)
    {
        // Where the processor lacks the registers nothing but the platform is ever asked.
        if (!Sha256Lanes512.IsSupported) return;
        var random = new Random(count * length);
        for (var run = 0; run < 20; run++)
        {
            var data = new byte[count * length];
            random.NextBytes(data);
            // Runs of equal bytes find a sign or carry that is lost.
            if (run % 4 == 0) data.AsSpan().Fill((byte)(run * 85));
            var hashes = new byte[count * Hash256.Size];
            Sha256Lanes512.Hash(data, length, hashes);
            Assert.Equal(data.Chunk(length).SelectMany(SHA256.HashData), hashes);
        }
    }

    [Theory]
    [InlineData(0, 64, 0)]
    [InlineData(17 * 64, 64, 17)]
    [InlineData(100, 64, 1)]
    [InlineData(126, 63, 2)]
    [InlineData(128, 64, 1)]
    public void Refuses_what_is_no_whole_number_of_messages(int bytes, int length, int hashes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Sha256Lanes512.Hash(new byte[bytes], length, new byte[hashes * Hash256.Size]));
}
