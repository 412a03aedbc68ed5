using FsCheck.Xunit;
using P2PShare.Protocol.Wire;

namespace P2PShare.Protocol.Tests.Wire;

public sealed class FrameHeaderTests
{
    [Property]
    public void Reads_what_it_wrote(uint channel, uint number)
    {
        var length = 1 + (int)(number % FrameHeader.MaxMessageLength);
        Span<byte> bytes = stackalloc byte[FrameHeader.Size];
        Assert.Equal(8, new FrameHeader(channel, length).Write(bytes));
        Assert.Equal(new FrameHeader(channel, length), FrameHeader.Read(bytes));
        Assert.Equal(length, FrameHeader.ReadLength(bytes[4..]));
    }

    [Fact]
    public void Is_the_channel_then_the_length_both_big_endian()
    {
        var bytes = new byte[8];
        new FrameHeader(0x01020304, 0x00050607).Write(bytes);
        Assert.Equal("0102030400050607", Convert.ToHexString(bytes));
    }

    [Theory]
    [InlineData("00000001FFFFFFFF")]
    [InlineData("0000000100100001")]
    [InlineData("0000000180000000")]
    public void Refuses_a_length_beyond_one_mebibyte(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        Assert.Equal(WireErrorKind.MessageTooLong, Assert.Throws<WireException>(() => FrameHeader.Read(bytes)).Kind);
        Assert.Equal(WireErrorKind.MessageTooLong, Assert.Throws<WireException>(() => FrameHeader.ReadLength(bytes.AsSpan(4))).Kind);
    }

    [Fact]
    public void Reads_a_message_of_exactly_one_mebibyte() =>
        Assert.Equal(1 << 20, FrameHeader.Read(Convert.FromHexString("0000000200100000")).MessageLength);

    [Fact]
    public void A_keep_alive_belongs_to_channel_0()
    {
        Assert.True(FrameHeader.Read(new byte[8]).IsKeepAlive);
        Assert.Equal(
            WireErrorKind.InvalidChannel,
            Assert.Throws<WireException>(() => FrameHeader.Read(Convert.FromHexString("0000000300000000"))).Kind);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(FrameHeader.MaxMessageLength + 1)]
    public void Does_not_write_what_it_would_not_read(int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameHeader(1, length).Write(new byte[8]));

    [Fact]
    public void The_dialler_opens_odd_channels_and_the_acceptor_even_ones()
    {
        Assert.True(ChannelNumber.MayOpen(ChannelNumber.First(dialler: true), dialler: true));
        Assert.True(ChannelNumber.MayOpen(ChannelNumber.First(dialler: false), dialler: false));
        Assert.False(ChannelNumber.MayOpen(3, dialler: false));
        Assert.False(ChannelNumber.MayOpen(4, dialler: true));
        Assert.False(ChannelNumber.MayOpen(ChannelNumber.Membership, dialler: false));
        Assert.Equal(5u, ChannelNumber.Survivor(8, 5));
    }
}
