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
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(50)]
    public void Hashes_pairs_in_their_own_place_as_the_platform_does(int pairs)
    {
        var nodes = new byte[pairs * 64];
        new Random(pairs).NextBytes(nodes);
        byte[] expected = [.. nodes.Chunk(64).SelectMany(SHA256.HashData)];
        BlockHasher.HashPairs(nodes, nodes.AsSpan(0, pairs * 32));
        Assert.Equal(expected, nodes.Take(pairs * 32));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 55, 57)]
    [InlineData(16, 4096, 4096)]
    [InlineData(16, 1, 200)]
    [InlineData(17, 1, 16384)]
    [InlineData(13, 16384, 16384)]
    [InlineData(33, 16384, 16384)]
    [InlineData(64, 4000, 4200)]
    public void Hashes_blocks_in_different_places_as_the_platform_does(int count, int shortest, int longest)
    {
        var random = new Random(count * longest);
        for (var run = 0; run < 10; run++)
        {
            var blocks = new ReadOnlyMemory<byte>[count];
            for (var i = 0; i < count; i++)
            {
                var data = new byte[random.Next(shortest, longest + 1)];
                random.NextBytes(data);
                blocks[i] = data;
            }

            var leaves = new byte[count * Hash256.Size];
            MerkleTree.HashEach(blocks, leaves);
            Assert.Equal(blocks.SelectMany(block => SHA256.HashData(block.Span)), leaves);
        }
    }

    [Fact]
    public void Lanes_hash_messages_of_different_lengths_as_the_platform_does()
    {
        if (!Sha256Lanes512.IsSupported) return;
        // Around each length at which the padding takes one chunk more.
        for (var length = 0; length < 300; length++)
        {
            int[] lengths = [length, 0, 55, 56, 63, 64, 119, 120, 299, length / 2];
            var stride = 6 * Sha256Lanes512.ChunkSize;
            var messages = new byte[lengths.Length * stride];
            messages.AsSpan().Fill(0xFF);
            var chunks = new int[lengths.Length];
            var expected = new List<byte>();
            for (var i = 0; i < lengths.Length; i++)
            {
                var message = messages.AsSpan(i * stride, stride);
                new Random(length + i).NextBytes(message[..lengths[i]]);
                expected.AddRange(SHA256.HashData(message[..lengths[i]]));
                chunks[i] = Sha256Lanes512.Pad(message, lengths[i]);
            }

            var hashes = new byte[lengths.Length * Hash256.Size];
            Sha256Lanes512.HashPadded(messages, stride, chunks, hashes);
            Assert.Equal(expected, hashes);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(16385, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 2)]
    public void Refuses_what_is_no_block(int length, int hashes) =>
        Assert.Throws<ArgumentException>(() => MerkleTree.HashEach([new byte[length]], new byte[hashes * Hash256.Size]));

    [Theory]
    [InlineData(0, 64, 0, 0)]
    [InlineData(1, 0, 1, 1)]
    [InlineData(1, 100, 1, 1)]
    [InlineData(1, 64, 0, 1)]
    [InlineData(1, 64, 2, 1)]
    [InlineData(1, 64, 1, 2)]
    [InlineData(17, 64, 1, 17)]
    public void Refuses_messages_that_do_not_lie_where_they_should(int count, int stride, int chunks, int hashes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Sha256Lanes512.HashPadded(
            new byte[count * stride], stride, Enumerable.Repeat(chunks, count).ToArray(), new byte[hashes * Hash256.Size]));

    [Theory]
    [InlineData(0, 64, 0)]
    [InlineData(17 * 64, 64, 17)]
    [InlineData(100, 64, 1)]
    [InlineData(126, 63, 2)]
    [InlineData(128, 64, 1)]
    public void Refuses_what_is_no_whole_number_of_messages(int bytes, int length, int hashes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Sha256Lanes512.Hash(new byte[bytes], length, new byte[hashes * Hash256.Size]));

    [Theory]
    [InlineData(0, 64, 64, 0)]
    [InlineData(17, 64, 64, 17)]
    [InlineData(2, 64, 128, 2)]
    [InlineData(2, 63, 63, 2)]
    [InlineData(2, 0, 0, 2)]
    [InlineData(2, 64, 64, 1)]
    public void Refuses_messages_in_different_places_that_are_not_as_long_as_said(int count, int bytes, int length, int hashes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Sha256Lanes512.Hash(
            Enumerable.Range(0, count).Select(_ => (ReadOnlyMemory<byte>)new byte[bytes]).ToArray(), length, new byte[hashes * Hash256.Size]));
}
