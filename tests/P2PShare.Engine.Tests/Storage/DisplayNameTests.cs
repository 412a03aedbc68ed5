using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Tests.Storage;

public sealed class DisplayNameTests
{
    [Theory]
    [InlineData("plain name.txt", "plain name.txt")]
    [InlineData("brackets [1] & emoji 👩‍👩‍👧.txt", "brackets [1] & emoji 👩‍👩‍👧.txt")]
    [InlineData("", "")]
    [InlineData(null, "")]
    [InlineData("a\u001b[31mred", "a\\u001B[31mred")]
    [InlineData("line\r\nbreak\0", "line\\u000D\\u000Abreak\\u0000")]
    [InlineData("\u009b2J", "\\u009B2J")]
    [InlineData("photo\u202Egpj.exe", "photo\\u202Egpj.exe")]
    [InlineData("a\u2066b\u2069\u200F", "a\\u2066b\\u2069\\u200F")]
    public void Escapes_what_steers_a_terminal_and_nothing_else(string? name, string expected) =>
        Assert.Equal(expected, DisplayName.Escape(name));

    [Fact]
    public void Escapes_lone_surrogates() =>
        Assert.Equal("a\\uD83Db\\uDE00", DisplayName.Escape("a\uD83Db\uDE00"));
}
