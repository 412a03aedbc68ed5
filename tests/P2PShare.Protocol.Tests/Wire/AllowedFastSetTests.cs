using System.Net;
using P2PShare.Protocol.Wire;

namespace P2PShare.Protocol.Tests.Wire;

public sealed class AllowedFastSetTests
{
    private static readonly byte[] InfoHash = [.. Enumerable.Repeat((byte)0xAA, 20)];
    private static readonly IPAddress Address = IPAddress.Parse("80.4.4.200");

    [Fact]
    public void Finds_the_vector_of_BEP_6()
    {
        Assert.Equal([1059, 431, 808, 1217, 287, 376, 1188], AllowedFastSet.Compute(InfoHash, Address, 1313, 7));
        Assert.Equal([1059, 431, 808, 1217, 287, 376, 1188, 353, 508], AllowedFastSet.Compute(InfoHash, Address, 1313, 9));
        Assert.Equal(AllowedFastSet.Compute(InfoHash, Address, 1313), AllowedFastSet.Compute(InfoHash, Address.MapToIPv6(), 1313));
    }

    [Fact]
    public void Is_the_same_for_all_addresses_of_a_network() =>
        Assert.Equal(AllowedFastSet.Compute(InfoHash, Address, 1313), AllowedFastSet.Compute(InfoHash, IPAddress.Parse("80.4.4.1"), 1313));

    [Theory]
    [InlineData(0, 10, 0)]
    [InlineData(3, 10, 3)]
    [InlineData(11, 10, 10)]
    [InlineData(11, 0, 0)]
    public void Ends_for_every_number_of_pieces(int pieces, int count, int expected)
    {
        var set = AllowedFastSet.Compute(InfoHash, Address, pieces, count);
        Assert.Equal(expected, set.Count);
        Assert.Equal(expected, set.Distinct().Count());
        Assert.All(set, piece => Assert.InRange(piece, 0, pieces - 1));
    }

    [Fact]
    public void Is_empty_for_IPv6() => Assert.Empty(AllowedFastSet.Compute(InfoHash, IPAddress.Parse("2001:db8::1"), 1313));
}
