using System.Globalization;
using System.Xml.Linq;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Reporting;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Reporting;

public sealed class HtmlReportTests
{
    private const string Evil = "<script>alert('1')</script>&\"\u202E\u001b[2J";
    private static readonly DateTime Start = new(2026, 11, 22, 10, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Fetches_nothing_and_runs_nothing()
    {
        var page = HtmlReport.Write(Report(3));
        foreach (var forbidden in new[] { "<script", "src=", "href=", "url(", "@import", "http:", "https:", "<img", "<link", "<iframe", "onload" })
            Assert.DoesNotContain(forbidden, page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_from_the_network_are_text()
    {
        var page = HtmlReport.Write(Report(3, Evil));
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("\u202E", page, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(41)]
    [InlineData(1000)]
    public void Every_drawing_is_well_formed_whatever_the_number_of_peers(int peers)
    {
        var page = HtmlReport.Write(Report(peers));
        var drawings = page.Split("<svg").Skip(1).Select(part => "<svg" + part[..(part.IndexOf("</svg>", StringComparison.Ordinal) + 6)]).ToList();
        // The graph, the rates, one share's copies, two arrivals.
        Assert.Equal(5, drawings.Count);
        var graph = XElement.Parse(drawings[0]);
        Assert.Equal(Math.Min(peers, 301), graph.Descendants("circle").Count());
        foreach (var drawing in drawings) Assert.DoesNotContain("NaN", XElement.Parse(drawing).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Tells_what_arrived_and_how_fast()
    {
        var page = HtmlReport.Write(Report(3));
        Assert.Contains("10.0 MB/s", page, StringComparison.Ordinal);
        Assert.Contains("2 of 3", page, StringComparison.Ordinal);
        Assert.Contains("under way", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_have_a_point_in_every_culture()
    {
        var before = CultureInfo.CurrentCulture;
        var expected = HtmlReport.Write(Report(5));
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            Assert.Equal(expected, HtmlReport.Write(Report(5)));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_run_in_which_nothing_happened_is_a_page_too()
    {
        var self = Peer(0, "alone") with { Role = PeerRole.Member };
        var page = HtmlReport.Write(new RunReport { Self = self, Started = Start, Until = Start });
        Assert.Contains("Nothing is shared.", page, StringComparison.Ordinal);
        Assert.EndsWith("</html>\n", page, StringComparison.Ordinal);
    }

    private static PeerInfo Peer(int number, string name) => new()
    {
        Name = name,
        PeerId = number.ToString("x64", CultureInfo.InvariantCulture),
        Role = number == 0 ? PeerRole.Coordinator : PeerRole.Member,
        SwarmName = "lab",
    };

    private static RunReport Report(int count, string name = "tools")
    {
        List<PeerInfo> peers = [.. Enumerable.Range(0, count).Select(number => Peer(number, number == 0 ? name : "web" + number))];
        var share = new ShareInfo { Name = name, InfoHash = new string('a', 64), Length = 100 << 20, Copies = 2, Published = Start };
        return new RunReport
        {
            Self = peers[^1],
            Started = Start,
            Until = Start.AddMinutes(1),
            Peers = peers,
            Linked = peers.Take(2).Select(peer => peer.PeerId).ToHashSet(),
            Rates = [new RateSample(Start, 0, 0, 1), new RateSample(Start.AddSeconds(10), 5_000_000, 1_000, count), new RateSample(Start.AddSeconds(60), 0, 9_000_000, count)],
            Shares = [new ShareRun(share, [new CopySample(Start, 1, 0), new CopySample(Start.AddSeconds(20), 2, 1)])],
            Arrivals = [new Arrival("web1", name, 100 << 20, Start.AddSeconds(5), Start.AddSeconds(15)), new Arrival(name, name, 100 << 20, Start.AddSeconds(30), null)],
            Transfers = [new TransferInfo { TransferId = "1", Name = name, InfoHash = share.InfoHash, State = TransferState.Transferring, Length = 100, BytesCompleted = 50, Elapsed = TimeSpan.FromSeconds(5) }],
        };
    }
}
