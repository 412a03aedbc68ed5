using System.Text;
using P2PShare.Protocol.Wire;

namespace P2PShare.Protocol.Tests.Wire;

public sealed class MetadataMessageTests
{
    [Fact]
    public void Writes_the_examples_of_BEP_9()
    {
        Assert.Equal("d8:msg_typei0e5:piecei0ee", Encoding.ASCII.GetString(MetadataMessage.Request(0).Encode()));
        Assert.Equal("d8:msg_typei2e5:piecei0ee", Encoding.ASCII.GetString(MetadataMessage.Reject(0).Encode()));
        var data = MetadataMessage.DataOf(new byte[3425], 0).Encode();
        Assert.StartsWith("d8:msg_typei1e5:piecei0e10:total_sizei3425ee\0", Encoding.ASCII.GetString(data), StringComparison.Ordinal);
        Assert.Equal(44 + 3425, data.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16383)]
    [InlineData(16384)]
    [InlineData(16385)]
    [InlineData(100_000)]
    public void Brings_a_blob_over_piece_by_piece(int size)
    {
        var blob = new byte[size];
        new Random(size).NextBytes(blob);
        var received = new List<byte>();
        for (var piece = 0; piece < MetadataMessage.PieceCount(size); piece++)
        {
            Assert.True(MetadataMessage.TryRead(MetadataMessage.DataOf(blob, piece).Encode(), out var message));
            Assert.Equal(MetadataMessageType.Data, message.Type);
            Assert.Equal(piece, message.Piece);
            Assert.Equal(size, message.TotalSize);
            received.AddRange(message.Data.ToArray());
        }

        Assert.Equal(blob, received);
        Assert.Throws<ArgumentOutOfRangeException>(() => { MetadataMessage.DataOf(blob, MetadataMessage.PieceCount(size)); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { MetadataMessage.DataOf(blob, -1); });
    }

    [Fact]
    public void Reads_requests_and_rejects_and_passes_over_keys_it_does_not_know()
    {
        Assert.True(MetadataMessage.TryRead(MetadataMessage.Request(7).Encode(), out var request));
        Assert.Equal((MetadataMessageType.Request, 7), (request.Type, request.Piece));
        Assert.True(MetadataMessage.TryRead("d8:msg_typei2e5:newerl1:ae5:piecei3e10:total_sizei9ee"u8, out var reject));
        Assert.Equal((MetadataMessageType.Reject, 3, 0), (reject.Type, reject.Piece, reject.TotalSize));
    }

    [Fact]
    public void Passes_over_types_it_does_not_know() =>
        Assert.False(MetadataMessage.TryRead("d8:msg_typei3e5:piecei0eexyz"u8, out _));

    [Theory]
    [InlineData("")]
    [InlineData("de")]
    [InlineData("d8:msg_typei0ee")]
    [InlineData("d5:piecei0ee")]
    [InlineData("d8:msg_typei-1e5:piecei0ee")]
    [InlineData("d8:msg_typei0e5:piecei-1ee")]
    [InlineData("d8:msg_typei0e5:piecei1920ee")]
    [InlineData("d8:msg_typei0e5:piecei4294967296ee")]
    [InlineData("d8:msg_typei0e5:piecei0eex")]
    [InlineData("d8:msg_typei1e5:piecei0eexxx")]
    [InlineData("d8:msg_typei1e5:piecei0e10:total_sizei4eexxx")]
    [InlineData("d8:msg_typei1e5:piecei0e10:total_sizei2eexxx")]
    [InlineData("d8:msg_typei1e5:piecei1e10:total_sizei3eexxx")]
    [InlineData("d8:msg_typei1e5:piecei1e10:total_sizei3ee")]
    [InlineData("d8:msg_typei1e5:piecei0e10:total_sizei0ee")]
    [InlineData("d8:msg_typei1e5:piecei0e10:total_sizei-1ee")]
    [InlineData("d8:msg_typei1e5:piecei0e10:total_sizei31457281eexxx")]
    [InlineData("d8:msg_type1:05:piecei0ee")]
    [InlineData("d5:piecei0e8:msg_typei0ee")]
    public void Refuses_a_message_that_contradicts_itself(string text) =>
        Assert.Equal(
            WireErrorKind.InvalidExtension,
            Assert.Throws<WireException>(() => MetadataMessage.TryRead(Encoding.ASCII.GetBytes(text), out _)).Kind);

    [Fact]
    public void Survives_hostile_bytes()
    {
        var sample = MetadataMessage.DataOf(new byte[40], 0).Encode();
        var inputs = Mutator.Mutations(sample, seed: 12, count: 4000).Concat(Mutator.Noise(seed: 13, count: 500));
        Assert.True(Mutator.CountRefused(inputs, bytes => MetadataMessage.TryRead(bytes, out _)) > 500);
    }
}
