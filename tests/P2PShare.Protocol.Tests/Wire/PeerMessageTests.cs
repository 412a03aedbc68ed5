using FsCheck.Xunit;
using P2PShare.Protocol.Wire;

namespace P2PShare.Protocol.Tests.Wire;

public sealed class PeerMessageTests
{
    private static readonly MessageId[] Known = Enum.GetValues<MessageId>();

    [Theory]
    [InlineData(MessageId.Choke, "0000000100")]
    [InlineData(MessageId.Unchoke, "0000000101")]
    [InlineData(MessageId.Interested, "0000000102")]
    [InlineData(MessageId.NotInterested, "0000000103")]
    [InlineData(MessageId.HaveAll, "000000010E")]
    [InlineData(MessageId.HaveNone, "000000010F")]
    public void Writes_messages_without_payload(MessageId id, string hex) =>
        Assert.Equal(hex, Written(bytes => PeerMessage.WriteEmpty(bytes, id)));

    [Fact]
    public void Writes_the_other_messages_as_their_documents_say()
    {
        var request = new BlockRequest(1, 0x4000, 0x4000);
        Assert.Equal("00000000", Written(bytes => PeerMessage.WriteKeepAlive(bytes)));
        Assert.Equal("00000007", Written(bytes => PeerMessage.WriteChannel(bytes, 7)));
        Assert.Equal("000000050400000102", Written(bytes => PeerMessage.WriteIndex(bytes, MessageId.Have, 0x102)));
        Assert.Equal("0000000D06000000010000400000004000", Written(bytes => PeerMessage.WriteBlockRequest(bytes, MessageId.Request, request)));
        Assert.Equal("0000000D10000000010000400000004000", Written(bytes => PeerMessage.WriteBlockRequest(bytes, MessageId.RejectRequest, request)));
        Assert.Equal("00004009070000000100004000", Written(bytes => PeerMessage.WritePiecePrefix(bytes, new PieceHeader(1, 0x4000), 0x4000)));
        Assert.Equal("00000003091A0A", Written(bytes => PeerMessage.WritePort(bytes, 6666)));
        Assert.Equal("000000041403ABCD", Written(bytes => PeerMessage.WriteExtended(bytes, 3, [0xAB, 0xCD])));

        var bitfield = new Bitfield(9);
        bitfield.Set(0);
        bitfield.Set(8);
        Assert.Equal("00000003058080", Written(bytes => PeerMessage.WriteBitfield(bytes, bitfield)));
    }

    [Property]
    public void Reads_the_block_requests_it_wrote(int piece, int begin, int length)
    {
        var request = new BlockRequest(piece, begin, length);
        var bytes = new byte[PeerMessage.MaxFixedSize];
        var size = PeerMessage.WriteBlockRequest(bytes, MessageId.Cancel, request);
        Assert.Equal(request, BlockRequest.Read(bytes.AsSpan(5, size - 5)));
    }

    [Property]
    public void Reads_the_piece_headers_it_wrote(int piece, int begin)
    {
        var bytes = new byte[PeerMessage.PiecePrefixSize];
        PeerMessage.WritePiecePrefix(bytes, new PieceHeader(piece, begin), 100);
        Assert.Equal(new PieceHeader(piece, begin), PieceHeader.Read(bytes.AsSpan(5)));
        Assert.Equal(100, PieceHeader.DataLength(FrameHeader.ReadLength(bytes)));
    }

    [Property]
    public void Reads_the_indices_and_ports_it_wrote(int piece, ushort port)
    {
        var bytes = new byte[16];
        PeerMessage.WriteIndex(bytes, MessageId.Suggest, piece);
        Assert.Equal(piece, PeerMessage.ReadIndex(bytes.AsSpan(5, 4)));
        PeerMessage.WritePort(bytes, port);
        Assert.Equal(port, PeerMessage.ReadPort(bytes.AsSpan(5, 2)));
    }

    [Theory]
    [InlineData(0, 0, 16384, true)]
    [InlineData(0, 16384, 16384, true)]
    [InlineData(0, 32768 - 1, 1, true)]
    [InlineData(0, 32768, 1, false)]
    [InlineData(0, 16385, 16384, false)]
    [InlineData(0, 0, 0, false)]
    [InlineData(0, 0, -1, false)]
    [InlineData(0, -1, 16384, false)]
    [InlineData(-1, 0, 16384, false)]
    [InlineData(0, int.MaxValue, int.MaxValue, false)]
    [InlineData(0, int.MaxValue, 1, false)]
    public void A_request_beyond_its_piece_is_not_inside(int piece, int begin, int length, bool inside) =>
        Assert.Equal(inside, new BlockRequest(piece, begin, length).IsInside(32768));

    [Fact]
    public void A_request_for_more_than_128_KiB_is_never_inside()
    {
        Assert.True(new BlockRequest(0, 0, 128 * 1024).IsInside(1 << 20));
        Assert.False(new BlockRequest(0, 0, 128 * 1024 + 1).IsInside(1 << 20));
    }

    [Fact]
    public void Payloads_of_another_length_are_refused()
    {
        for (var length = 0; length < 64; length++)
        {
            var payload = new byte[length];
            if (length != 12) AssertWrongLength(() => BlockRequest.Read(payload));
            if (length < 8) AssertWrongLength(() => PieceHeader.Read(payload));
            if (length < 9) AssertWrongLength(() => PieceHeader.DataLength(payload.Length));
            if (length != 4) AssertWrongLength(() => PeerMessage.ReadIndex(payload));
            if (length != 2) AssertWrongLength(() => PeerMessage.ReadPort(payload));
            if (length != 48) AssertWrongLength(() => HashRequest.Read(payload));
        }
    }

    [Fact]
    public void The_length_of_a_message_is_judged_before_its_payload_is_read()
    {
        foreach (var id in Known)
        {
            Assert.False(MessageLengths.IsPossible(id, 0));
            if (id is MessageId.Bitfield or MessageId.Piece or MessageId.Extended or MessageId.Hashes) continue;
            var possible = Enumerable.Range(0, 100).Where(length => MessageLengths.IsPossible(id, length));
            AssertWrongLength(() => MessageLengths.Check(id, Assert.Single(possible) + 1));
        }

        Assert.Equal([81, 113], Enumerable.Range(0, 120).Where(length => MessageLengths.IsPossible(MessageId.Hashes, length) && length > 49));
        Assert.True(MessageLengths.IsPossible((MessageId)99, 12345));
    }

    [Fact]
    public void Does_not_write_into_too_small_a_buffer()
    {
        Assert.ThrowsAny<ArgumentException>(() => PeerMessage.WriteBlockRequest(new byte[16], MessageId.Request, default));
        Assert.ThrowsAny<Exception>(() => PeerMessage.WriteEmpty(new byte[4], MessageId.Choke));
        Assert.Throws<ArgumentOutOfRangeException>(() => PeerMessage.WritePiecePrefix(new byte[16], default, 1 << 20));
    }

    private static void AssertWrongLength(Action action) =>
        Assert.Equal(WireErrorKind.WrongLength, Assert.Throws<WireException>(action).Kind);

    private static string Written(Func<byte[], int> write)
    {
        var bytes = new byte[64];
        return Convert.ToHexString(bytes.AsSpan(0, write(bytes)));
    }
}
