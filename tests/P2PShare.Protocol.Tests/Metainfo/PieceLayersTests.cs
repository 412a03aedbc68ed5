using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Tests.Metainfo;

public sealed class PieceLayersTests
{
    private const int PieceLength = 16384;

    [Theory]
    [InlineData(2)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1000)]
    public void Holds_a_verified_hash_for_every_piece(int pieces)
    {
        var layer = RandomLayer(pieces);
        var root = RootOf(layer);
        var builder = new TorrentInfoBuilder("x", PieceLength);
        builder.AddFile(["b"], (long)pieces * PieceLength - 5, root);
        builder.AddFile(["a"], 100, Hash256.Of("a"u8));
        builder.AddFile(["c"], 0, default);
        var info = builder.Build();
        Assert.False(PieceLayers.AreImpliedBy(info));
        var layers = PieceLayers.Create(info, Layers((root, layer)));
        Assert.Equal(Hash256.Of("a"u8), layers.PieceHash(0));
        for (var piece = 0; piece < pieces; piece++)
        {
            var expected = new Hash256(layer.AsSpan(piece * 32, 32));
            Assert.Equal(expected, layers.PieceHash(piece + 1));
            Assert.Equal(expected, layers.PieceHash(info.Files[1], piece));
        }

        Assert.Equal(layer, layers.HashesOf(info.Files[1]).ToArray());
        Assert.Empty(layers.HashesOf(info.Files[2]).ToArray());
        Assert.True(PieceLayers.IsLayerOf(info.Files[1], layer));
        Assert.False(PieceLayers.IsLayerOf(info.Files[1], layer.AsSpan(32)));
        Assert.False(PieceLayers.IsLayerOf(info.Files[0], root.ToArray()));
        Assert.Throws<ArgumentOutOfRangeException>(() => layers.PieceHash(pieces + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => layers.PieceHash(info.Files[1], pieces));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(200)]
    public void Refuses_missing_short_long_and_wrong_layers(int pieces)
    {
        var layer = RandomLayer(pieces);
        var root = RootOf(layer);
        var info = TorrentInfoBuilder.SingleFile("x", PieceLength, (long)pieces * PieceLength, root);
        AssertRefused(MetainfoErrorKind.MissingPieceLayer, Layers());
        AssertRefused(MetainfoErrorKind.MissingPieceLayer, Layers((Hash256.Of("other"u8), layer)));
        AssertRefused(MetainfoErrorKind.InvalidPieceLayerLength, Layers((root, layer[32..])));
        AssertRefused(MetainfoErrorKind.InvalidPieceLayerLength, Layers((root, layer[1..])));
        // Padding does not belong into the layer, though it would hash to the same root.
        AssertRefused(MetainfoErrorKind.InvalidPieceLayerLength, Layers((root, [.. layer, .. new byte[32]])));
        var wrong = layer.ToArray();
        wrong[^1] ^= 1;
        AssertRefused(MetainfoErrorKind.PieceLayerMismatch, Layers((root, wrong)));
        AssertRefused(MetainfoErrorKind.PieceLayerMismatch, Layers((root, new byte[layer.Length])));

        void AssertRefused(MetainfoErrorKind kind, Dictionary<Hash256, ReadOnlyMemory<byte>> layers) =>
            Assert.Equal(kind, Assert.Throws<MetainfoException>(() => PieceLayers.Create(info, layers)).Kind);
    }

    [Fact]
    public void Files_of_one_piece_need_no_layers()
    {
        var builder = new TorrentInfoBuilder("x", PieceLength);
        builder.AddFile(["a"], PieceLength, Hash256.Of("a"u8));
        builder.AddFile(["b"], 1, Hash256.Of("b"u8));
        var info = builder.Build();
        Assert.True(PieceLayers.AreImpliedBy(info));
        Assert.Equal(Hash256.Of("b"u8), PieceLayers.Create(info).PieceHash(1));
    }

    private static byte[] RandomLayer(int pieces)
    {
        var layer = new byte[pieces * 32];
        new Random(pieces).NextBytes(layer);
        return layer;
    }

    private static Hash256 RootOf(byte[] layer) => MerkleTree.Root(layer, 0, MerkleTree.LevelsAbove(layer.Length / 32));

    private static Dictionary<Hash256, ReadOnlyMemory<byte>> Layers(params (Hash256 Root, byte[] Layer)[] layers) =>
        layers.ToDictionary(pair => pair.Root, pair => (ReadOnlyMemory<byte>)pair.Layer);
}
