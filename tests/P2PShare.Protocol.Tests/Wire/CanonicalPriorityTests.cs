using System.Net;
using P2PShare.Protocol.Wire;

namespace P2PShare.Protocol.Tests.Wire;

public sealed class CanonicalPriorityTests
{
    [Theory]
    [InlineData("123.213.32.10", "98.76.54.32", 0xec2d7224)]
    [InlineData("123.213.32.10", "123.213.32.234", 0x99568189)]
    public void Finds_the_vectors_of_BEP_40_from_both_ends(string one, string other, uint expected)
    {
        var first = new IPEndPoint(IPAddress.Parse(one), 1);
        var second = new IPEndPoint(IPAddress.Parse(other), 2);
        Assert.Equal(expected, CanonicalPriority.Compute(first, second));
        Assert.Equal(expected, CanonicalPriority.Compute(second, first));
        Assert.Equal(expected, CanonicalPriority.Compute(new IPEndPoint(first.Address.MapToIPv6(), 1), second));
    }

    [Theory]
    [InlineData("10.20.30.1", "10.20.99.1", "10.20.30.1", "10.20.99.3", true)]
    [InlineData("10.20.30.1", "10.20.99.1", "10.20.30.1", "10.20.98.1", false)]
    [InlineData("1.2.0.0", "5.6.1.1", "1.2.2.2", "5.6.1.1", true)]
    [InlineData("2001:db8:1::", "2001:db8:2:aa::", "2001:db8:1::", "2001:db8:2::", true)]
    [InlineData("2001:db8:1:100::", "2001:db8:1:200::", "2001:db8:1:100::", "2001:db8:1:300::", false)]
    public void Masks_what_hosts_of_one_network_choose_themselves(string one, string other, string third, string fourth, bool equal)
    {
        var first = CanonicalPriority.Compute(new IPEndPoint(IPAddress.Parse(one), 1), new IPEndPoint(IPAddress.Parse(other), 1));
        var second = CanonicalPriority.Compute(new IPEndPoint(IPAddress.Parse(third), 1), new IPEndPoint(IPAddress.Parse(fourth), 1));
        Assert.Equal(equal, first == second);
    }

    [Fact]
    public void Uses_the_ports_of_one_address()
    {
        var address = IPAddress.Loopback;
        var one = CanonicalPriority.Compute(new IPEndPoint(address, 5000), new IPEndPoint(address, 5001));
        Assert.Equal(one, CanonicalPriority.Compute(new IPEndPoint(address, 5001), new IPEndPoint(address, 5000)));
        Assert.NotEqual(one, CanonicalPriority.Compute(new IPEndPoint(address, 5000), new IPEndPoint(address, 5002)));
    }

    [Fact]
    public void Refuses_to_compare_families() =>
        Assert.Throws<ArgumentException>(() => CanonicalPriority.Compute(new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.IPv6Loopback, 1)));
}
