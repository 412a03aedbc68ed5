using FsCheck.Xunit;
using P2PShare.Protocol.Wire;

namespace P2PShare.Protocol.Tests.Wire;

public sealed class HashMessageTests
{
    private static readonly Hash256 Root = Hash256.Of("root"u8);

    [Property]
    public void Reads_the_requests_it_wrote_whatever_they_say(int layer, int index, int length, int proof)
    {
        var request = new HashRequest(Root, layer, index, length, proof);
        var bytes = new byte[PeerMessage.MaxFixedSize];
        Assert.Equal(53, PeerMessage.WriteHashRequest(bytes, MessageId.HashReject, request));
        Assert.Equal(request, HashRequest.Read(bytes.AsSpan(5)));
    }

    [Theory]
    [InlineData(0, 0, 2, 0, true)]
    [InlineData(0, 512, 512, 10, true)]
    [InlineData(7, 8192, 8192, 0, true)]
    [InlineData(0, 0, 0, 0, false)]
    [InlineData(0, 0, 1, 0, false)]
    [InlineData(0, 0, 3, 0, false)]
    [InlineData(0, 0, 16384, 0, false)]
    [InlineData(0, 0, -2, 0, false)]
    [InlineData(0, 2, 4, 0, false)]
    [InlineData(0, -4, 4, 0, false)]
    [InlineData(-1, 0, 2, 0, false)]
    [InlineData(0, 0, 2, -1, false)]
    [InlineData(0, 0, 2, int.MaxValue, false)]
    [InlineData(int.MaxValue, 0, 2, 0, false)]
    [InlineData(0, 0, int.MinValue, 0, false)]
    public void Knows_a_range_that_BEP_52_allows(int layer, int index, int length, int proof, bool valid) =>
        Assert.Equal(valid, new HashRequest(Root, layer, index, length, proof).IsValid);

    // The first log2(length) - 1 proof layers follow from the hashes themselves.
    [Theory]
    [InlineData(2, 0, 2)]
    [InlineData(2, 1, 3)]
    [InlineData(2, 5, 7)]
    [InlineData(4, 1, 4)]
    [InlineData(4, 2, 5)]
    [InlineData(512, 8, 512)]
    [InlineData(512, 9, 513)]
    [InlineData(8192, 0, 8192)]
    public void Counts_the_hashes_of_an_answer(int length, int proof, int hashes)
    {
        var request = new HashRequest(Root, 0, 0, length, proof);
        Assert.Equal(hashes, request.HashCount);
        Assert.Equal(48 + 32 * hashes, request.ResponseSize);
    }

    [Fact]
    public void Reads_the_hashes_it_wrote()
    {
        var request = new HashRequest(Root, 3, 4, 4, 3);
        var hashes = new byte[32 * 6];
        new Random(1).NextBytes(hashes);
        var bytes = new byte[5 + request.ResponseSize];
        Assert.Equal(bytes.Length, PeerMessage.WriteHashes(bytes, new HashesMessage(request, hashes)));
        Assert.Equal(bytes.Length - 4, FrameHeader.ReadLength(bytes));

        var read = HashesMessage.Read(bytes.AsSpan(5));
        Assert.Equal(request, read.Request);
        Assert.Equal(hashes.AsSpan(0, 128), read.Base);
        Assert.Equal(hashes.AsSpan(128), read.Proof);
    }

    [Fact]
    public void Refuses_hashes_of_another_size_or_an_impossible_range()
    {
        var request = new HashRequest(Root, 0, 0, 2, 1);
        var payload = new byte[request.ResponseSize + 32];
        new HashesMessage(request, new byte[96]).Write(payload);

        Assert.Equal(2, HashesMessage.Read(payload.AsSpan(0, request.ResponseSize)).Request.Length);
        foreach (var length in (int[])[0, 47, 48, request.ResponseSize - 32, request.ResponseSize - 1, request.ResponseSize + 32])
            Assert.Equal(WireErrorKind.WrongLength, Assert.Throws<WireException>(() => HashesMessage.Read(payload.AsSpan(0, length))).Kind);

        payload[43] = 3;
        Assert.Equal(WireErrorKind.InvalidHashRange, Assert.Throws<WireException>(() => HashesMessage.Read(payload)).Kind);
    }

    [Fact]
    public void Cannot_be_made_with_another_number_of_hashes()
    {
        Assert.Throws<ArgumentException>(() => { _ = new HashesMessage(new HashRequest(Root, 0, 0, 2, 0), new byte[96]); });
        Assert.Throws<ArgumentException>(() => { _ = new HashesMessage(new HashRequest(Root, 0, 0, 3, 0), new byte[96]); });
    }
}
