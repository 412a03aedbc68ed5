using P2PShare.Cli.CommandLine;

namespace P2PShare.Cli.Tests.CommandLine;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("17", 17)]
    [InlineData("500K", 500_000)]
    [InlineData("500kb", 500_000)]
    [InlineData("1.5M", 1_500_000)]
    [InlineData("2Ki", 2048)]
    [InlineData("512MiB", 536_870_912)]
    [InlineData("1Gi", 1_073_741_824)]
    [InlineData("1T", 1_000_000_000_000)]
    public void Reads_sizes(string text, long expected)
    {
        Assert.True(Quantity.TryParseBytes(text, out var bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("K")]
    [InlineData("-1")]
    [InlineData("1 K")]
    [InlineData("1..5")]
    [InlineData("5X")]
    [InlineData("1e9")]
    [InlineData("9999999T")]
    [InlineData("99999999999999999999")]
    [InlineData("111111111111111111111111111111111111")]
    public void Refuses_what_is_no_size(string text) => Assert.False(Quantity.TryParseBytes(text, out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("30", 30)]
    [InlineData("30s", 30)]
    [InlineData("0.5", 0.5)]
    [InlineData("10m", 600)]
    [InlineData("2h", 7200)]
    [InlineData("1d", 86400)]
    public void Reads_times(string text, double seconds)
    {
        Assert.True(Quantity.TryParseTime(text, out var time));
        Assert.Equal(seconds, time.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1")]
    [InlineData("10 m")]
    [InlineData("1y")]
    [InlineData("4000d")]
    [InlineData("99999999999999999999")]
    public void Refuses_what_is_no_time(string text) => Assert.False(Quantity.TryParseTime(text, out _));
}
