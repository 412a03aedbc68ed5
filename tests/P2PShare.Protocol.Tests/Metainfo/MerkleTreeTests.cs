using System.Security.Cryptography;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Tests.Metainfo;

public sealed class MerkleTreeTests
{
    [Theory]
    [InlineData(1, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb")]
    [InlineData(16384, "f3336bea752b5a28743033dd2c844a4a63fba08871aaee2586a2bf2d69be83a2")]
    [InlineData(16385, "dcdfa5bb8d91b7eb7a69fb556bba6770d3456cbd61ab52f172cb9421a442be79")]
    [InlineData(49152, "b1d9c2de00721cf9e22bb41845283913df76c9e34b0f63a7c2ed961c59178331")]
    [InlineData(65537, "cbe670dfa716866e158dcf7a8671595c5c20bff22a4394f9657aa2864f98d7d2")]
    public void Hashes_the_known_files_of_the_letter_a(int length, string root)
    {
        var data = Letters(length);
        Assert.Equal(root, MerkleTree.RootOfData(data, new MerkleShape(length, 65536).RootLevel).ToString());

        var leaves = new byte[(length + 16383) / 16384 * 32];
        Assert.Equal(leaves.Length / 32, MerkleTree.HashBlocks(data, leaves));
        Assert.Equal(root, MerkleTree.Root(leaves, 0, MerkleTree.LevelsAbove(leaves.Length / 32)).ToString());
    }

    [Fact]
    public void A_piece_layer_leads_to_the_same_root_as_the_leaves()
    {
        var shape = new MerkleShape(65537, 65536);
        byte[] layer =
        [
            .. MerkleTree.RootOfData(Letters(65536), shape.PieceRootLevel).ToArray(),
            .. MerkleTree.RootOfData(Letters(1), shape.PieceRootLevel).ToArray(),
        ];
        Assert.Equal(64, layer.Length);
        Assert.Equal(
            "cbe670dfa716866e158dcf7a8671595c5c20bff22a4394f9657aa2864f98d7d2",
            MerkleTree.Root(layer, shape.PieceLevel, shape.RootLevel).ToString());
    }

    [Fact]
    public void Agrees_with_a_tree_built_plainly()
    {
        var random = new Random(7);
        for (var blocks = 1; blocks <= 33; blocks++)
        {
            var data = new byte[(blocks - 1) * 16384 + random.Next(1, 16385)];
            random.NextBytes(data);
            var tree = new NaiveTree(data);
            Assert.Equal(tree.RootLevel, MerkleTree.LevelsAbove(blocks));
            Assert.Equal(tree.Root, MerkleTree.RootOfData(data, tree.RootLevel));
            for (var level = 0; level < tree.RootLevel; level++)
            {
                var real = (int)new MerkleShape(data.Length, 16384).NodeCount(level);
                var layer = tree.Slice(level, 0, real);
                Assert.Equal(tree.Root, MerkleTree.Root(layer, level, tree.RootLevel));
                var node = new byte[32];
                for (var index = 0; index < tree.Width(level + 1); index++)
                {
                    MerkleTree.Node(layer, level, level + 1, index, node);
                    Assert.Equal(tree[level + 1, index], node);
                }
            }
        }
    }

    [Theory]
    [InlineData(31)]
    [InlineData(64)]
    [InlineData(97)]
    [InlineData(1000)]
    public void A_layer_of_any_width_leads_to_the_root_of_a_tree_built_plainly(int blocks)
    {
        // Blocks of a byte make leaves as good as whole ones do.
        var leaves = Enumerable.Range(0, blocks).SelectMany(block => SHA256.HashData(BitConverter.GetBytes(block))).ToArray();
        var level = MerkleTree.LevelsAbove(blocks);
        var layer = leaves.Chunk(32).Concat(Enumerable.Repeat(new byte[32], (1 << level) - blocks)).ToList();
        while (layer.Count > 1) layer = [.. layer.Chunk(2).Select(pair => SHA256.HashData([.. pair[0], .. pair[1]]))];
        Assert.Equal(new Hash256(layer[0]), MerkleTree.Root(leaves, 0, level));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 5)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(40, 1)]
    [InlineData(9, 3)]
    public void Subtrees_side_by_side_have_the_roots_that_each_has_alone(int subtrees, int levels)
    {
        var nodes = new byte[subtrees * 32 << levels];
        new Random(subtrees).NextBytes(nodes);
        var roots = new byte[nodes.Length / 2];
        MerkleTree.Roots(nodes, levels, roots);
        Assert.Equal(nodes.Chunk(32 << levels).Select(subtree => MerkleTree.Root(subtree, 0, levels)), roots.Chunk(32).Take(subtrees).Select(root => new Hash256(root)));
    }

    [Theory]
    [InlineData(4 * 32, 0, 2 * 32)]
    [InlineData(3 * 32, 1, 2 * 32)]
    [InlineData(4 * 32, 3, 2 * 32)]
    [InlineData(4 * 32 + 1, 2, 3 * 32)]
    [InlineData(4 * 32, 2, 32)]
    [InlineData(4 * 32, 50, 2 * 32)]
    public void Refuses_what_is_no_whole_number_of_subtrees(int nodes, int levels, int room) =>
        Assert.ThrowsAny<ArgumentException>(() => MerkleTree.Roots(new byte[nodes], levels, new byte[room]));

    [Fact]
    public void A_missing_subtree_is_the_hash_of_zero_leaves_not_of_zero_bytes()
    {
        Assert.Equal(new byte[32], MerkleTree.PadHash(0));
        Assert.Equal("f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b", new Hash256(MerkleTree.PadHash(1)).ToString());
        Assert.Equal(Hash256.Of([.. MerkleTree.PadHash(7), .. MerkleTree.PadHash(7)]), new Hash256(MerkleTree.PadHash(8)));
        Assert.Equal(new Hash256(MerkleTree.PadHash(5)), MerkleTree.Root([], 2, 5));
    }

    [Fact]
    public void Refuses_more_nodes_than_fit_below_the_root()
    {
        Assert.Throws<ArgumentException>(() => MerkleTree.Root(new byte[3 * 32], 0, 1));
        Assert.Throws<ArgumentException>(() => MerkleTree.Root(new byte[33], 0, 1));
        Assert.Throws<ArgumentException>(() => MerkleTree.RootOfData(new byte[16385], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => MerkleTree.Root(new byte[32], 2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => MerkleTree.Root(new byte[32], 0, 50));
    }

    [Fact]
    public void Hashing_a_piece_allocates_nothing()
    {
        var piece = new byte[256 * 1024];
        var leaves = new byte[16 * 32];
        Hash();
        Assert.Equal(0, Allocation.Least(() =>
        {
            for (var i = 0; i < 20; i++) Hash();
        }));

        void Hash()
        {
            MerkleTree.RootOfData(piece, 4);
            MerkleTree.HashBlocks(piece, leaves);
            MerkleTree.Root(leaves, 0, 4);
        }
    }

    [Theory]
    [InlineData(1, 65536, 1, 1, 0, false, 0)]
    [InlineData(65536, 65536, 4, 1, 2, false, 2)]
    [InlineData(65537, 65536, 5, 2, 3, true, 2)]
    [InlineData(3 * 65536, 65536, 12, 3, 4, true, 2)]
    [InlineData(16385, 16384, 2, 2, 1, true, 0)]
    [InlineData(long.MaxValue, 16384, 1L << 49, 1L << 49, 49, true, 0)]
    public void A_shape_follows_from_the_lengths(long length, int pieceLength, long leaves, long pieces, int rootLevel, bool hasLayer, int pieceRootLevel)
    {
        var shape = new MerkleShape(length, pieceLength);
        Assert.Equal((leaves, pieces, rootLevel, hasLayer), (shape.LeafCount, shape.PieceCount, shape.RootLevel, shape.HasPieceLayer));
        Assert.Equal(pieceRootLevel, shape.PieceRootLevel);
    }

    private static byte[] Letters(int count) => [.. Enumerable.Repeat((byte)'a', count)];
}
