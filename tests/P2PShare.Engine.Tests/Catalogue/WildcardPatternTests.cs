using P2PShare.Engine.Catalogue;

namespace P2PShare.Engine.Tests.Catalogue;

public sealed class WildcardPatternTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("share-*-of-07", "SHARE-00001-of-07", true)]
    [InlineData("share-*-of-07", "share-00001-of-08", false)]
    [InlineData("*a*b*c", "xxaxxbxxabc", true)]
    [InlineData("*a*b*c", "xxaxxbxxab", false)]
    [InlineData("a?c", "aBc", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("[a-c]x[!]", "Bx!", true)]
    [InlineData("[a-c]x", "dx", false)]
    [InlineData("`*a", "*A", true)]
    [InlineData("`*a", "xa", false)]
    [InlineData("Ärger*", "äRGER.txt", true)]
    [InlineData("ärger*", "Arger.txt", false)]
    [InlineData("straße", "STRASSE", false)]
    public void A_pattern_matches_as_in_PowerShell(string pattern, string text, bool expected)
    {
        Assert.Equal(expected, new WildcardPattern(pattern).IsMatch(text));
        Assert.Equal(expected, new WildcardPattern(pattern).IsMatch(text.AsSpan()));
    }

    [Fact]
    public void Every_character_matches_what_has_the_same_upper_case()
    {
        // Some letters of other scripts and signs have an ASCII letter for their upper case.
        foreach (var pattern in Enumerable.Range(0, 0x2200).Select(c => (char)c).Where(c => c is not ('*' or '?' or '[' or '`')))
        {
            var compiled = new WildcardPattern(pattern.ToString());
            foreach (var text in (char[])[pattern, char.ToUpperInvariant(pattern), char.ToLowerInvariant(pattern), 's', 'S', 'k', 'i', 'I', '\u017f', '\u0131', '\u212a'])
                Assert.Equal(char.ToUpperInvariant(pattern) == char.ToUpperInvariant(text), compiled.IsMatch([text]));
        }
    }
}
