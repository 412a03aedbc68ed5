using System.Net;
using System.Net.Sockets;
using P2PShare.Engine.Discovery;
using P2PShare.Protocol.Discovery;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Discovery;

/// <summary>Real sockets, on loopback alone.</summary>
public sealed class MulticastSocketsTests
{
    [Fact]
    public async Task Two_peers_of_one_machine_hear_each_other_on_loopback()
    {
        await using var one = MulticastSockets.Open(IPAddress.Loopback);
        await using var two = MulticastSockets.Open(IPAddress.Loopback);
        var announcement = new LocalAnnouncement { Port = 5001, Ids = [DiscoveryId.Of(new SwarmId(new byte[SwarmId.Size]))], Cookie = LocalAnnouncement.MakeCookie(Random.Shared.NextInt64()) };
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        Task<HeardDatagram>[] waits = [HearAsync(one, announcement.Cookie, bound.Token), HearAsync(two, announcement.Cookie, bound.Token)];
        // Datagrams may be lost; that is what announcing again is for.
        while (!waits.All(wait => wait.IsCompleted))
        {
            await one.SendAsync(family => announcement.Encode(family), bound.Token);
            await Task.WhenAny(Task.WhenAll(waits), Task.Delay(200, bound.Token));
        }

        foreach (var wait in waits) Assert.Equal(IPAddress.Loopback, (await wait).From.Address);
    }

    [Fact]
    public void A_peer_that_listens_on_loopback_announces_on_loopback_alone()
    {
        var loopback = Assert.Single(LocalInterface.GetAll(IPAddress.Loopback));
        Assert.Equal(IPAddress.Loopback, loopback.Address);
        Assert.True(loopback.IsNeighbour(IPAddress.Parse("127.1.2.3")));
        Assert.False(loopback.IsNeighbour(IPAddress.Parse("192.0.2.1")));
        Assert.False(loopback.IsNeighbour(IPAddress.IPv6Loopback));
    }

    [Theory]
    [InlineData("192.0.2.17", 28, "192.0.2.30", true)]
    [InlineData("192.0.2.17", 28, "192.0.2.33", false)]
    [InlineData("192.0.2.17", 32, "192.0.2.16", false)]
    [InlineData("2001:db8::1", 128, "2001:db8::2", true)]
    [InlineData("2001:db8::1", 64, "2001:db8:0:1::2", false)]
    [InlineData("fe80::1%7", 64, "fe80::2%7", true)]
    [InlineData("fe80::1%7", 64, "fe80::2%8", false)]
    [InlineData("2001:db8::1", 64, "fe80::2%7", true)]
    public void Knows_the_neighbours_of_an_interface(string own, int prefix, string other, bool expected) =>
        Assert.Equal(expected, new LocalInterface(7, IPAddress.Parse(own), prefix).IsNeighbour(IPAddress.Parse(other)));

    private static async Task<HeardDatagram> HearAsync(MulticastSockets sockets, string cookie, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Other peers and torrent clients of this machine may announce themselves too.
            var heard = await sockets.ReceiveAsync(cancellationToken);
            if (LocalAnnouncement.TryParse(heard.Data.Span, out var announcement) && announcement.Cookie == cookie) return heard;
        }
    }
}
