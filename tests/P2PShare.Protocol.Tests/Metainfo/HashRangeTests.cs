using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Tests.Metainfo;

public sealed class HashRangeTests
{
    private const int PieceLength = 65536;

    [Theory]
    [InlineData(21 * 16384 + 5)]
    [InlineData(16 * 16384)]
    [InlineData(3 * 16384)]
    [InlineData(70 * 65536 + 1)]
    [InlineData(300 * 65536)]
    public void Every_answer_is_exact_and_leads_to_the_root(int length)
    {
        var data = new byte[length];
        new Random(length).NextBytes(data);
        var tree = new NaiveTree(data);
        var (info, layers) = Torrent(data);
        var file = info.Files[0];
        var answered = 0;
        for (var level = 0; level < tree.RootLevel; level++)
            for (var count = 2; count <= tree.Width(level) && count <= 64; count *= 2)
                for (var index = 0; index < tree.Width(level); index += count * (1 + index / 16))
                    for (var proof = 0; proof < tree.RootLevel - level; proof++)
                    {
                        var range = new HashRange(level, index, count, proof);
                        Assert.True(range.IsValid(file.Shape));
                        if (!PieceLayers.CanAnswer(file, range)) continue;
                        answered++;
                        var hashes = new byte[range.HashCount * 32];
                        Assert.True(layers.TryGetHashes(file, range, LeavesFor(file, range, data), hashes));
                        Assert.Equal(Expected(tree, range), hashes);

                        var reachesRoot = range.TopLevel + range.ProofCount == tree.RootLevel;
                        Assert.Equal(reachesRoot, range.Verify(file.Shape, hashes, file.PiecesRoot));
                        if (!reachesRoot) continue;
                        hashes[answered % hashes.Length] ^= 1;
                        Assert.False(range.Verify(file.Shape, hashes, file.PiecesRoot));
                    }

        Assert.True(answered > 4);
    }

    [Fact]
    public void A_piece_layer_arrives_in_chunks_of_512()
    {
        var shape = new MerkleShape(1100L * PieceLength, PieceLength);
        Assert.Equal(3, HashRange.PieceLayerChunkCount(shape));
        Assert.Equal(new HashRange(2, 1024, 512, 10), HashRange.PieceLayerChunk(shape, 2));
        Assert.Equal(2, HashRange.PieceLayerChunk(shape, 2).ProofCount);

        var small = new MerkleShape(3 * PieceLength, PieceLength);
        Assert.Equal(1, HashRange.PieceLayerChunkCount(small));
        Assert.Equal(new HashRange(2, 0, 4, 0), HashRange.PieceLayerChunk(small, 0));

        Assert.Equal(0, HashRange.PieceLayerChunkCount(new MerkleShape(PieceLength, PieceLength)));
    }

    [Fact]
    public void Chunks_of_a_piece_layer_verify_one_by_one()
    {
        var layer = new byte[1100 * 32];
        new Random(3).NextBytes(layer);
        var shape = new MerkleShape(1100L * PieceLength - 7, PieceLength);
        var root = MerkleTree.Root(layer, 2, shape.RootLevel);
        var file = TorrentInfoBuilder.SingleFile("x", PieceLength, shape.FileLength, root).Files[0];
        var layers = PieceLayers.Create(
            TorrentInfoBuilder.SingleFile("x", PieceLength, shape.FileLength, root),
            new Dictionary<Hash256, ReadOnlyMemory<byte>> { [root] = layer });
        var received = new byte[3 * 512 * 32];
        for (var chunk = 0; chunk < 3; chunk++)
        {
            var range = HashRange.PieceLayerChunk(shape, chunk);
            var hashes = new byte[range.HashCount * 32];
            Assert.True(layers.TryGetHashes(file, range, [], hashes));
            Assert.True(range.Verify(shape, hashes, root));
            hashes.AsSpan(0, 512 * 32).CopyTo(received.AsSpan(chunk * 512 * 32));
        }

        Assert.Equal(layer, received[..layer.Length]);
        Assert.Equal(MerkleTree.PadHash(2), received.AsSpan(layer.Length, 32));
    }

    [Fact]
    public void The_leaves_of_a_piece_verify_against_its_hash()
    {
        var data = new byte[5 * PieceLength + 20_000];
        new Random(1).NextBytes(data);
        var (info, layers) = Torrent(data);
        var file = info.Files[0];
        for (var piece = 0; piece < 6; piece++)
        {
            var range = HashRange.PieceLeaves(file.Shape, piece);
            var hashes = new byte[range.HashCount * 32];
            Assert.True(layers.TryGetHashes(file, range, LeavesFor(file, range, data), hashes));
            Assert.True(range.Verify(file.Shape, hashes, layers.PieceHash(piece), file.Shape.PieceRootLevel));
            Assert.False(range.Verify(file.Shape, hashes, layers.PieceHash((piece + 1) % 6), file.Shape.PieceRootLevel));
            Assert.False(range.Verify(file.Shape, hashes, file.PiecesRoot));
        }

        Assert.Throws<ArgumentException>(() => HashRange.PieceLeaves(new MerkleShape(16384 * 4, 16384), 0));
    }

    [Theory]
    [InlineData(2, 0, 0, 0)]
    [InlineData(2, 0, 1, 0)]
    [InlineData(2, 0, 3, 0)]
    [InlineData(2, 0, -2, 0)]
    [InlineData(2, 0, 16384, 0)]
    [InlineData(2, 0, int.MinValue, 0)]
    [InlineData(2, 1, 2, 0)]
    [InlineData(2, -2, 2, 0)]
    [InlineData(2, 256, 2, 0)]
    [InlineData(2, int.MaxValue - 1, 2, 0)]
    [InlineData(2, 0, 512, 0)]
    [InlineData(-1, 0, 2, 0)]
    [InlineData(10, 0, 2, 0)]
    [InlineData(int.MaxValue, 0, 2, 0)]
    [InlineData(2, 0, 2, -1)]
    [InlineData(2, 0, 2, 8)]
    [InlineData(2, 0, 2, int.MaxValue)]
    public void Refuses_a_range_that_is_not_there(int baseLayer, int index, int length, int proofLayers)
    {
        // 200 pieces of 4 blocks: the root is at level 10, the piece layer padded to 256.
        var layer = new byte[200 * 32];
        var shape = new MerkleShape(200L * PieceLength, PieceLength);
        var root = MerkleTree.Root(layer, 2, 10);
        var info = TorrentInfoBuilder.SingleFile("x", PieceLength, shape.FileLength, root);
        var layers = PieceLayers.Create(info, new Dictionary<Hash256, ReadOnlyMemory<byte>> { [root] = layer });
        var range = new HashRange(baseLayer, index, length, proofLayers);
        Assert.True(new HashRange(2, 254, 2, 7).IsValid(shape));
        Assert.False(range.IsValid(shape));
        Assert.False(layers.TryGetHashes(info.Files[0], range, [], new byte[1 << 20]));
        Assert.False(range.Verify(shape, new byte[64], root));
    }

    [Fact]
    public void Refuses_hashes_of_the_wrong_number_or_all_zeros()
    {
        var data = new byte[9 * PieceLength];
        var (info, layers) = Torrent(data);
        var file = info.Files[0];
        var range = new HashRange(2, 0, 4, 3);
        var hashes = new byte[range.HashCount * 32];
        Assert.True(layers.TryGetHashes(file, range, [], hashes));
        Assert.True(range.Verify(file.Shape, hashes, file.PiecesRoot));
        Assert.False(range.Verify(file.Shape, hashes.AsSpan(32), file.PiecesRoot));
        Assert.False(range.Verify(file.Shape, [.. hashes, .. new byte[32]], file.PiecesRoot));
        Assert.False(range.Verify(file.Shape, [], file.PiecesRoot));
        Assert.False(range.Verify(file.Shape, new byte[hashes.Length], file.PiecesRoot));
        Assert.False(layers.TryGetHashes(file, range, [], new byte[hashes.Length - 1]));
    }

    [Fact]
    public void Leaves_are_answered_only_within_a_piece_that_exists()
    {
        var (info, layers) = Torrent(new byte[9 * PieceLength]);
        var file = info.Files[0];
        Assert.False(PieceLayers.CanAnswer(file, new HashRange(0, 0, 8, 0)));
        Assert.False(PieceLayers.CanAnswer(file, new HashRange(0, 9 * 4, 4, 0)));
        Assert.Equal(8, PieceLayers.PieceOf(file, new HashRange(0, 8 * 4, 4, 0)));
        Assert.Null(PieceLayers.PieceOf(file, new HashRange(2, 0, 2, 0)));
        Assert.False(layers.TryGetHashes(file, new HashRange(0, 0, 4, 0), new byte[3 * 32], new byte[4 * 32]));
        var empty = TorrentInfoBuilder.SingleFile("x", PieceLength, 0, default);
        Assert.False(PieceLayers.CanAnswer(empty.Files[0], new HashRange(0, 0, 2, 0)));
    }

    [Fact]
    public void Random_ranges_and_hashes_never_throw()
    {
        var random = new Random(99);
        var (info, layers) = Torrent(new byte[9 * PieceLength + 1]);
        var file = info.Files[0];
        var buffer = new byte[16 * 32];
        for (var round = 0; round < 20_000; round++)
        {
            var range = new HashRange(Number(), Number(), random.Next(3) == 0 ? Number() : 1 << random.Next(10), Number());
            random.NextBytes(buffer);
            var count = random.Next(buffer.Length);
            Assert.False(range.Verify(file.Shape, buffer.AsSpan(0, count), file.PiecesRoot));
            layers.TryGetHashes(file, range, buffer.AsSpan(0, 4 * 32), buffer.AsSpan(0, count));
        }

        int Number() => random.Next(4) == 0 ? random.Next(int.MinValue, int.MaxValue) : random.Next(-1, 20);
    }

    private static (TorrentInfo Info, PieceLayers Layers) Torrent(byte[] data)
    {
        var shape = new MerkleShape(data.Length, PieceLength);
        byte[] layer = [.. data.Chunk(PieceLength).SelectMany(piece => MerkleTree.RootOfData(piece, shape.PieceRootLevel).ToArray())];
        var root = MerkleTree.Root(layer, shape.PieceRootLevel, shape.RootLevel);
        Assert.Equal(new NaiveTree(data).Root, root);
        var info = TorrentInfoBuilder.SingleFile("x", PieceLength, data.Length, root);
        return (info, PieceLayers.Create(info, new Dictionary<Hash256, ReadOnlyMemory<byte>> { [root] = layer }));
    }

    private static byte[] LeavesFor(TorrentFile file, HashRange range, byte[] data)
    {
        if (PieceLayers.PieceOf(file, range) is not { } piece) return [];
        var bytes = data.AsSpan(piece * PieceLength, Math.Min(PieceLength, data.Length - piece * PieceLength));
        var leaves = new byte[(bytes.Length + 16383) / 16384 * 32];
        MerkleTree.HashBlocks(bytes, leaves);
        return leaves;
    }

    private static byte[] Expected(NaiveTree tree, HashRange range)
    {
        var hashes = new List<byte>(tree.Slice(range.BaseLayer, range.Index, range.Length));
        // As BEP 52 words it: an uncle for each proof layer, but for the first log2(length) - 1.
        var index = range.Index;
        for (var proof = 0; proof < range.ProofLayers; proof++)
        {
            index /= 2;
            if (1 << (proof + 1) >= range.Length) hashes.AddRange(tree[range.BaseLayer + proof + 1, index ^ 1]);
        }

        return [.. hashes];
    }
}
