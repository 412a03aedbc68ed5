using System.Text;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Protocol.Tests.Wire;

public sealed class HandshakeTests
{
    private static readonly byte[] InfoHashBytes = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly byte[] PeerIdBytes = "-P20100-abcdefghijkl"u8.ToArray();

    [Fact]
    public void Is_laid_out_as_BEP_3_says()
    {
        var features = HandshakeFeatures.Fast | HandshakeFeatures.V2Upgrade | HandshakeFeatures.Extensions | HandshakeFeatures.Dht;
        var bytes = new byte[Handshake.Size];
        Assert.Equal(68, new Handshake(features, InfoHashBytes.AsSpan(0, 20), PeerIdBytes).Write(bytes));

        Assert.Equal(19, bytes[0]);
        Assert.Equal("BitTorrent protocol", Encoding.ASCII.GetString(bytes, 1, 19));
        Assert.Equal("0000000000100015", Convert.ToHexString(bytes, 20, 8));
        Assert.Equal(InfoHashBytes[..20], bytes[28..48]);
        Assert.Equal(PeerIdBytes, bytes[48..]);
    }

    [Fact]
    public void Reads_what_it_wrote_and_keeps_bits_it_does_not_know()
    {
        var bytes = new byte[Handshake.Size];
        new Handshake((HandshakeFeatures)0x8000_0000_0010_0004, InfoHashBytes.AsSpan(0, 20), PeerIdBytes).Write(bytes);
        var read = Handshake.Read(bytes);

        Assert.Equal((HandshakeFeatures)0x8000_0000_0010_0004, read.Features);
        Assert.True(read.Supports(HandshakeFeatures.Fast | HandshakeFeatures.Extensions));
        Assert.False(read.Supports(HandshakeFeatures.Fast | HandshakeFeatures.V2Upgrade));
        Assert.Equal(PeerIdBytes, read.PeerId);
        Assert.True(read.IsFor(new InfoHash(new Hash256(InfoHashBytes))));
        Assert.False(read.IsFor(new InfoHash(Hash256.Of(InfoHashBytes))));
    }

    [Fact]
    public void Refuses_another_protocol_and_another_length()
    {
        var bytes = new byte[Handshake.Size];
        new Handshake(HandshakeFeatures.None, InfoHashBytes.AsSpan(0, 20), PeerIdBytes).Write(bytes);
        Assert.True(Handshake.CanBegin([]));
        Assert.True(Handshake.CanBegin(bytes.AsSpan(0, 7)));
        Assert.True(Handshake.CanBegin(bytes));
        Assert.Equal(WireErrorKind.WrongLength, Assert.Throws<WireException>(() => Handshake.Read(bytes.AsSpan(0, 67))).Kind);

        bytes[5] ^= 1;
        Assert.False(Handshake.CanBegin(bytes.AsSpan(0, 6)));
        Assert.Equal(WireErrorKind.NotBitTorrent, Assert.Throws<WireException>(() => Handshake.Read(bytes)).Kind);
    }

    [Fact]
    public void Takes_ids_of_20_bytes_alone()
    {
        Assert.Throws<ArgumentException>(() => new Handshake(HandshakeFeatures.None, InfoHashBytes, PeerIdBytes));
        Assert.Throws<ArgumentException>(() => new Handshake(HandshakeFeatures.None, InfoHashBytes.AsSpan(0, 20), new byte[19]));
    }
}
