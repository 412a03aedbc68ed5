using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Tests.Metainfo;

public sealed class MagnetLinkTests
{
    private const string Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Fact]
    public void Writes_and_reads_back_everything()
    {
        Assert.True(InfoHash.TryParse(Hash, out var hash));
        var link = new MagnetLink(hash)
        {
            DisplayName = "a b&c=é+1%",
            Peers = ["192.0.2.1:5000", "[2001:db8::1]:5000", "host.example:1"],
            Trackers = ["http://t.example/announce?x=1&y=2"],
        };
        var text = link.ToString();
        Assert.StartsWith("magnet:?xt=urn:btmh:1220" + Hash, text, StringComparison.Ordinal);
        var copy = MagnetLink.Parse(text);
        Assert.Equal((hash, link.DisplayName), (copy.InfoHash, copy.DisplayName));
        Assert.Equal(link.Peers, copy.Peers);
        Assert.Equal(link.Trackers, copy.Trackers);
        Assert.Equal(text, copy.ToString());
    }

    [Fact]
    public void Reads_the_v2_hash_of_a_hybrid_link_and_ignores_the_rest()
    {
        var link = MagnetLink.Parse(
            "MAGNET:?xt.1=urn:btih:631a31dd0a46257d5078c0dee4e66e26f73e42ac&xt.2=URN:BTMH:1220" + Hash.ToUpperInvariant() + "&so=0,2&dn=a+b&junk&x.pe=1.2.3.4:5");
        Assert.Equal(Hash, link.InfoHash.ToString());
        Assert.Equal("a b", link.DisplayName);
        Assert.Equal(["1.2.3.4:5"], link.Peers);
    }

    [Theory]
    [InlineData("")]
    [InlineData("http://x")]
    [InlineData("magnet:?")]
    [InlineData("magnet:?xt=urn:btih:631a31dd0a46257d5078c0dee4e66e26f73e42ac")]
    [InlineData("magnet:?xt=urn:btmh:" + Hash)]
    [InlineData("magnet:?xt=urn:btmh:1220" + Hash + "00")]
    [InlineData("magnet:?xt=urn:btmh:1114" + Hash)]
    [InlineData("magnet:?xt=urn:btmh:1220" + Hash + "&xt=urn:btmh:12201123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("magnet:?xt=urn:btmh:1220" + Hash + "&x.pe=1.2.3.4")]
    [InlineData("magnet:?xt=urn:btmh:1220" + Hash + "&x.pe=1.2.3.4:0")]
    [InlineData("magnet:?xt=urn:btmh:1220" + Hash + "&x.pe=1.2.3.4:65536")]
    [InlineData("magnet:?xt=urn:btmh:1220" + Hash + "&x.pe=:5000")]
    [InlineData("magnet:?xt=urn:btmh:1220" + Hash + "&x.pe=::1:5000")]
    [InlineData("magnet:?xt=urn:btmh:1220" + Hash + "&x.pe=[x]:5000")]
    public void Refuses_links_without_one_v2_hash_or_with_impossible_peers(string text) =>
        Assert.Equal(MetainfoErrorKind.InvalidMagnetLink, Assert.Throws<MetainfoException>(() => MagnetLink.Parse(text)).Kind);

    [Fact]
    public void Refuses_a_link_that_is_too_long() => Assert.Throws<MetainfoException>(
        () => MagnetLink.Parse("magnet:?xt=urn:btmh:1220" + Hash + "&dn=" + new string('x', MagnetLink.MaxLength)));
}
