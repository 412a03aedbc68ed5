using P2PShare.Cli.Watch;

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
}
