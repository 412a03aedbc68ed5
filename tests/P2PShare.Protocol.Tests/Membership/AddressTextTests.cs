using System.Net;
using P2PShare.Protocol.Membership;

namespace P2PShare.Protocol.Tests.Membership;

public sealed class AddressTextTests
{
    [Theory]
    [InlineData("192.0.2.1:5000")]
    [InlineData("[2001:db8::1]:65535")]
    [InlineData("[::1]:1")]
    public void Reads_canonical_addresses(string text) => Assert.Equal(text, AddressText.Format(AddressText.Parse(text)));

    [Theory]
    [InlineData("")]
    [InlineData("host:5000")]
    [InlineData("192.0.2.1")]
    [InlineData("192.0.2.1:0")]
    [InlineData("192.0.2.1:65536")]
    [InlineData("192.0.2.1:05000")]
    [InlineData("192.0.2.01:5000")]
    [InlineData("1:5000")]
    [InlineData("192.0.2.1:5000 ")]
    [InlineData("2001:db8::1")]
    [InlineData("[2001:db8::1]")]
    [InlineData("[2001:DB8::1]:5000")]
    [InlineData("[fe80::1%3]:5000")]
    [InlineData("[::ffff:192.0.2.1]:5000")]
    public void Refuses_every_other_form(string text) =>
        Assert.Equal(MembershipErrorKind.InvalidAddress, Assert.Throws<MembershipException>(() => AddressText.Parse(text)).Kind);

    [Fact]
    public void Writes_what_means_the_same_on_another_machine()
    {
        Assert.Equal("192.0.2.1:5000", AddressText.Format(new IPEndPoint(IPAddress.Parse("::ffff:192.0.2.1"), 5000)));
        Assert.Equal("[fe80::1]:5000", AddressText.Format(new IPEndPoint(IPAddress.Parse("fe80::1%3"), 5000)));
        Assert.Throws<ArgumentException>(() => AddressText.Format(new IPEndPoint(IPAddress.Loopback, 0)));
    }
}
