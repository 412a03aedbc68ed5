using System.Management.Automation;
using System.Management.Automation.Language;
using P2PShare.PowerShell.Views;

namespace P2PShare.PowerShell.Completion;

/// <summary>Makes completion results of names: quoted where they have to be, so that what is inserted means exactly that name.</summary>
internal static class CompletionText
{
    /// <param name="word">What is typed so far, with its quote if any.</param>
    /// <param name="candidates">Value and tool tip.</param>
    /// <param name="wildcards">Whether the parameter takes wildcards, so that wildcard characters of a name must be escaped.</param>
    public static IEnumerable<CompletionResult> Complete(string word, IEnumerable<(string Value, string ToolTip)> candidates, bool wildcards)
    {
        var typed = Unquote(word);
        var literal = wildcards ? WildcardPattern.Unescape(typed) : typed;
        var pattern = WildcardPattern.ContainsWildcardCharacters(typed) ? new WildcardPattern(typed + "*", WildcardOptions.IgnoreCase) : null;
        foreach (var (value, toolTip) in candidates.DistinctBy(c => c.Value, StringComparer.OrdinalIgnoreCase).OrderBy(c => c.Value, StringComparer.OrdinalIgnoreCase))
        {
            if (value.Length == 0) continue;
            if (!value.StartsWith(literal, StringComparison.OrdinalIgnoreCase) && pattern?.IsMatch(value) != true) continue;
            var shown = DisplayText.Safe(value);
            yield return new CompletionResult(Quote(wildcards ? WildcardPattern.Escape(value) : value), shown, CompletionResultType.ParameterValue, toolTip.Length == 0 ? shown : DisplayText.Safe(toolTip));
        }
    }

    private static string Quote(string text) => IsBareWord(text) ? text : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";

    private static bool IsBareWord(string text) => text[0] != '-' && text.All(c => char.IsLetterOrDigit(c) || c is '.' or '_' or '-' or '/' or '\\' or ':' or '+');

    // What is typed so far, as PowerShell would read it: it may well be an earlier completion.
    private static string Unquote(string word)
    {
        if (word.Length == 0 || word[0] is not ('\'' or '"')) return word;
        var quote = word[0].ToString();
        var text = word[1..];
        if (text.EndsWith(quote, StringComparison.Ordinal)) text = text[..^1];
        return text.Replace(quote + quote, quote, StringComparison.Ordinal);
    }
}
