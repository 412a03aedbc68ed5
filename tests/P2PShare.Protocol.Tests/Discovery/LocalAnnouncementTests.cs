using System.Net.Sockets;
using System.Text;
using P2PShare.Protocol.Discovery;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Tests.Wire;

namespace P2PShare.Protocol.Tests.Discovery;

public sealed class LocalAnnouncementTests
{
    private static readonly SwarmId Swarm = new(Enumerable.Range(0, SwarmId.Size).Select(i => (byte)i).ToArray());

    [Theory]
    [InlineData(AddressFamily.InterNetwork, "239.192.152.143:6771")]
    [InlineData(AddressFamily.InterNetworkV6, "[ff15::efc0:988f]:6771")]
    public void Is_written_as_BEP_14_has_it(AddressFamily family, string host)
    {
        var announcement = new LocalAnnouncement { Port = 5000, Ids = [DiscoveryId.Of(Swarm)], Cookie = LocalAnnouncement.MakeCookie(255) };
        Assert.Equal(
            $"BT-SEARCH * HTTP/1.1\r\nHost: {host}\r\nPort: 5000\r\nInfohash: {DiscoveryId.Of(Swarm)}\r\ncookie: p2pshare-00000000000000ff\r\n\r\n\r\n",
            Encoding.ASCII.GetString(announcement.Encode(family)));
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void Is_read_as_it_was_written(AddressFamily family)
    {
        var ids = Enumerable.Range(0, LocalAnnouncement.MaxIds / 2).Select(i => DiscoveryId.Of(new SwarmId(Enumerable.Repeat((byte)i, SwarmId.Size).ToArray()))).ToList();
        var written = new LocalAnnouncement { Port = 65535, Ids = ids, Cookie = LocalAnnouncement.MakeCookie(long.MaxValue) };
        Assert.True(LocalAnnouncement.TryParse(written.Encode(family), out var read));
        Assert.Equal(written.Port, read.Port);
        Assert.Equal(written.Ids, read.Ids);
        Assert.Equal(written.Cookie, read.Cookie);
        Assert.True(read.IsOfSwarm);
    }

    [Fact]
    public void The_id_is_a_hash_and_not_the_server_name()
    {
        // SHA-256 of "p2pshare/1 discovery", a zero byte and the bytes 0 to 19.
        var hash = System.Security.Cryptography.SHA256.HashData([.. "p2pshare/1 discovery\0"u8, .. Swarm.ToArray()]);
        Assert.Equal(Convert.ToHexStringLower(hash)[..40], DiscoveryId.Of(Swarm).ToString());
        Assert.DoesNotContain(Swarm.ToString(), Encoding.ASCII.GetString(Sample()), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_torrent_clients_announcement_is_read_and_is_of_no_swarm()
    {
        var text = "BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\nInfohash: 0123456789ABCDEF0123456789abcdef01234567\r\ncookie: 1a2b3c\r\n\r\n\r\n";
        Assert.True(LocalAnnouncement.TryParse(Encoding.ASCII.GetBytes(text), out var read));
        Assert.Equal("0123456789abcdef0123456789abcdef01234567", Assert.Single(read.Ids).ToString());
        Assert.False(read.IsOfSwarm);
    }

    [Theory]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nport:1\r\nINFOHASH:  {0}  \r\nX-Other: what: ever\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nInfohash: short\r\nInfohash: {0}\r\nPort: 1\r\n\r\n")]
    public void Reads_what_others_may_write(string text)
    {
        Assert.True(Parse(text, out var read));
        Assert.Equal(1, read!.Port);
        Assert.Equal(DiscoveryId.Of(Swarm), Assert.Single(read.Ids));
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HTTP/1.1\r\nPort: 1\r\nInfohash: {0}\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 0\r\nInfohash: {0}\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 65536\r\nInfohash: {0}\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: +1\r\nInfohash: {0}\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 1\r\nPort: 2\r\nInfohash: {0}\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nInfohash: {0}\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 1\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 1\r\nInfohash: {0}\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\nPort: 1\nInfohash: {0}\n\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 1\r\nInfohash: {0}\r\n\r\nmore")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 1\r\nInfohash {0}\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 1\r\nInfohash: {0}\r\ncookie: a\r\ncookie: b\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 1\r\nInfohash: {0}\r\ncookie: a b\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 1\r\nInfohash: {0}\r\ncookie: a\u0007b\r\n\r\n")]
    public void Refuses_what_is_no_announcement(string text) => Assert.False(Parse(text, out _));

    [Fact]
    public void Refuses_more_than_its_limits()
    {
        Assert.False(Parse("BT-SEARCH * HTTP/1.1\r\nPort: 1\r\nInfohash: {0}\r\ncookie: " + new string('a', LocalAnnouncement.MaxCookie + 1) + "\r\n\r\n", out _));
        Assert.False(Parse("BT-SEARCH * HTTP/1.1\r\nPort: 1\r\nInfohash: {0}\r\nX: " + new string('a', LocalAnnouncement.MaxLength) + "\r\n\r\n", out _));
        Assert.False(Parse("BT-SEARCH * HTTP/1.1\r\nPort: 1\r\nInfohash: {0}\r\n" + string.Concat(Enumerable.Repeat("a:\r\n", 100)) + "\r\n", out _));
        Assert.Throws<InvalidOperationException>(() => new LocalAnnouncement { Port = 1, Ids = [] }.Encode(AddressFamily.InterNetwork));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LocalAnnouncement { Port = 0, Ids = [DiscoveryId.Of(Swarm)] }.Encode(AddressFamily.InterNetwork));
        Assert.Throws<InvalidOperationException>(() => new LocalAnnouncement { Port = 1, Ids = [DiscoveryId.Of(Swarm)], Cookie = "a\r\nb" }.Encode(AddressFamily.InterNetwork));
    }

    [Fact]
    public void Survives_hostile_datagrams()
    {
        foreach (var datagram in Mutator.Mutations(Sample(), 14, 20_000).Concat(Mutator.Noise(15, 5_000, 1600)))
        {
            if (!LocalAnnouncement.TryParse(datagram, out var read)) continue;
            Assert.InRange(read.Port, 1, 65535);
            Assert.InRange(read.Ids.Count, 1, LocalAnnouncement.MaxIds);
            Assert.True(read.Cookie.Length <= LocalAnnouncement.MaxCookie);
        }
    }

    private static byte[] Sample() => new LocalAnnouncement { Port = 5000, Ids = [DiscoveryId.Of(Swarm)], Cookie = LocalAnnouncement.MakeCookie(1) }.Encode(AddressFamily.InterNetwork);

    private static bool Parse(string text, out LocalAnnouncement? read) =>
        LocalAnnouncement.TryParse(Encoding.Latin1.GetBytes(text.Replace("{0}", DiscoveryId.Of(Swarm).ToString(), StringComparison.Ordinal)), out read);
}
