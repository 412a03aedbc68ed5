using System.Reflection;
using P2PShare.Cli.Watch;
using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Membership;
using Spectre.Console;

namespace P2PShare.Cli.Tests.Output;

public sealed class WatchViewTests
{
    [Fact]
    public void A_sparkline_shows_the_newest_values_at_the_right_and_nothing_as_blank()
    {
        var line = new Sparkline(4);
        foreach (var value in new long[] { 9, 0, 1, 4, 8 }) line.Add(value);
        Assert.Equal(8, line.Last);
        Assert.Equal("  ▂▅█", line.Draw(5));
        Assert.Equal("▅█", line.Draw(2));
        Assert.Equal("", line.Draw(0));
    }

    [Fact]
    public void A_sparkline_of_nothing_is_blank() => Assert.Equal("     ", new Sparkline(3).Draw(5));

    [Theory]
    [InlineData(30, 8)]
    [InlineData(30, 10)]
    [InlineData(50, 13)]
    [InlineData(50, 14)]
    [InlineData(110, 30)]
    [InlineData(200, 100)]
    public async Task The_view_fits_any_window_and_counts_what_does_not_fit(int width, int height)
    {
        await using var model = await ModelAsync(9, 4);

        var lines = WatchView.Lines(model, width, height).Select(line => Markup.Remove(line)).ToList();

        Assert.InRange(lines.Count, 5, height - 1);
        Assert.All(lines, line => Assert.InRange(line.TrimEnd().Length, 0, width));
        foreach (var (title, count) in new[] { ("Peers", 9), ("Transfers", 0), ("Shares", 4) })
        {
            var at = lines.FindIndex(line => line.StartsWith(title, StringComparison.Ordinal));
            var shown = lines.Skip(at + 1).TakeWhile(line => line.StartsWith(' ')).Count();
            Assert.Equal(shown == count ? $"{title} {count}" : $"{title} {count}, {count - shown} more than fit", lines[at]);
        }
    }

    [Fact]
    public async Task Its_first_line_names_the_coordinator_where_there_is_room()
    {
        await using var model = await ModelAsync(1, 1);
        Assert.StartsWith("lab: 1 peer, 1 share, coordinated by web0 ", Markup.Remove(WatchView.Lines(model, 120, 20)[0]), StringComparison.Ordinal);
        Assert.StartsWith("lab: 1 peer, 1 share ", Markup.Remove(WatchView.Lines(model, 50, 20)[0]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_has_but_a_part_of_a_share_stands_in_brackets()
    {
        await using var model = await ModelAsync(2, 1);
        Assert.Contains(WatchView.Lines(model, 100, 20), line => Markup.Remove(line).EndsWith(" web0 (web1)", StringComparison.Ordinal));
    }

    private static async Task<WatchModel> ModelAsync(int peers, int shares)
    {
        var peer = DispatchProxy.Create<IPeer, FixedPeer>();
        var view = (FixedPeer)peer;
        view.Peers = [.. Enumerable.Range(0, peers).Select(number => new PeerInfo { Name = "web" + number, PeerId = new string((char)('a' + number), 64), Role = number == 0 ? PeerRole.Coordinator : PeerRole.Member })];
        view.Shares = [.. Enumerable.Range(0, shares).Select(number => new ShareInfo { Name = $"share{number}.iso", InfoHash = new string((char)('0' + number), 64), Length = 60_000_000, Copies = 1 })];
        var model = new WatchModel(peer);
        await model.SampleAsync();
        return model;
    }

    /// <summary>A peer that shows always the same; not sealed, since the proxy derives from it.</summary>
    public class FixedPeer : DispatchProxy
    {
        public IReadOnlyList<PeerInfo> Peers { get; set; } = [];

        public IReadOnlyList<ShareInfo> Shares { get; set; } = [];

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod?.Name switch
        {
            "get_SwarmName" => "lab",
            "get_State" => PeerState.Joined,
            nameof(IPeer.GetPeers) => Peers,
            nameof(IPeer.GetShares) => Shares,
            nameof(IPeer.GetHolders) => (IReadOnlyList<ShareHolder>)[.. Peers.Take(2).Select((peer, number) => new ShareHolder(peer.PeerId, peer.Name, IsComplete: number == 0))],
            _ => throw new NotSupportedException(targetMethod?.Name),
        };
    }
}
