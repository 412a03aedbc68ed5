using P2PShare.Cli.Output;

namespace P2PShare.Cli.Tests.Output;

public sealed class PrintableTests
{
    [Theory]
    [InlineData("plain name.iso", "plain name.iso")]
    [InlineData("naïve 日本語 👩‍👧.txt", "naïve 日本語 👩‍👧.txt")]
    [InlineData("\u001b[2Jgone", "\uFFFD[2Jgone")]
    [InlineData("two\nlines\r", "two\uFFFDlines\uFFFD")]
    [InlineData("c1 \u009b31m", "c1 \uFFFD31m")]
    [InlineData("exe\u202Etxt.", "exe\uFFFDtxt.")]
    public void Leaves_nothing_a_terminal_obeys(string text, string expected) => Assert.Equal(expected, Printable.Text(text));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.00 KB")]
    [InlineData(999_600, "1.00 MB")]
    [InlineData(12_345_678, "12.3 MB")]
    [InlineData(536_870_912, "537 MB")]
    [InlineData(4_294_967_296, "4.29 GB")]
    public void Shows_sizes_in_powers_of_1000(long bytes, string expected) => Assert.Equal(expected, Printable.Bytes(bytes));

    [Theory]
    [InlineData(3.21, "3.2 s")]
    [InlineData(125, "2:05 min")]
    [InlineData(3725, "1:02:05 h")]
    [InlineData(90_000, "25:00:00 h")]
    public void Shows_durations(double seconds, string expected) => Assert.Equal(expected, Printable.Duration(TimeSpan.FromSeconds(seconds)));
}
