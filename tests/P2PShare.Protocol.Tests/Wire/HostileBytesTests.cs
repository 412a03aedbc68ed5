using P2PShare.Protocol.Wire;

namespace P2PShare.Protocol.Tests.Wire;

public sealed class HostileBytesTests
{
    [Fact]
    public void No_binary_parser_fails_in_another_way_than_with_a_protocol_error()
    {
        var request = new HashRequest(Hash256.Of("x"u8), 0, 0, 2, 2);
        var hashes = new byte[request.ResponseSize];
        new HashesMessage(request, new byte[32 * request.HashCount]).Write(hashes);
        var handshake = new byte[Handshake.Size];
        new Handshake(HandshakeFeatures.Fast, new byte[20], new byte[20]).Write(handshake);

        Assert.True(Mutator.CountRefused(Mutator.Mutations(hashes, 1, 2000), bytes => HashesMessage.Read(bytes)) > 100);
        Assert.True(Mutator.CountRefused(Mutator.Mutations(handshake, 2, 2000), bytes => Handshake.Read(bytes)) > 100);
        var noise = Mutator.Noise(3, 3000, 64).ToList();
        Assert.True(Mutator.CountRefused(noise, bytes => BlockRequest.Read(bytes)) > 100);
        Assert.True(Mutator.CountRefused(noise, bytes => PieceHeader.Read(bytes)) > 100);
        Assert.True(Mutator.CountRefused(noise, bytes => PeerMessage.ReadIndex(bytes)) > 100);
        Assert.True(Mutator.CountRefused(noise, bytes => PeerMessage.ReadPort(bytes)) > 100);
        Assert.True(Mutator.CountRefused(noise, bytes => HashRequest.Read(bytes)) > 100);
        Assert.True(Mutator.CountRefused(noise, bytes => Bitfield.FromBytes(bytes, 100)) > 100);
        Assert.True(Mutator.CountRefused(noise.Where(bytes => bytes.Length >= FrameHeader.Size), bytes => FrameHeader.Read(bytes)) > 100);
        Assert.True(Mutator.CountRefused(noise.Where(bytes => bytes.Length > 0), bytes => MessageLengths.Check((MessageId)bytes[0], bytes.Length)) > 50);
    }
}
