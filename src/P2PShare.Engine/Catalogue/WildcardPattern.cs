namespace P2PShare.Engine.Catalogue;

/// <summary>
/// A wildcard as in PowerShell: <c>*</c> any characters, <c>?</c> one, <c>[abc]</c> and <c>[a-z]</c> one of these,
/// a backtick takes the next character literally. Compared without regard to case. Matching takes time proportional to
/// pattern times text at worst, so a hostile pattern cannot stall a search.
/// </summary>
public sealed class WildcardPattern
{
    private readonly List<Element> _elements = [];

    public WildcardPattern(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*':
                    if (_elements.Count == 0 || !_elements[^1].IsAny) _elements.Add(Element.Any);
                    break;
                case '?':
                    _elements.Add(Element.One);
                    break;
                case '[' when pattern.IndexOf(']', Math.Min(i + 2, pattern.Length)) is var end and > 0:
                    _elements.Add(Element.Set(pattern[(i + 1)..end]));
                    i = end;
                    break;
                case '`' when i + 1 < pattern.Length:
                    _elements.Add(Element.Literal(pattern[++i]));
                    break;
                default:
                    _elements.Add(Element.Literal(pattern[i]));
                    break;
            }
        }
    }

    /// <summary>Whether a text has characters that make it a pattern.</summary>
    public static bool HasWildcards(string text) => text.AsSpan().ContainsAny("*?[");

    public bool IsMatch(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int e = 0, t = 0, star = -1, mark = 0;
        while (t < text.Length)
        {
            if (e < _elements.Count && _elements[e].IsAny)
            {
                star = e++;
                mark = t;
            }
            else if (e < _elements.Count && _elements[e].Matches(text[t]))
            {
                e++;
                t++;
            }
            else if (star >= 0)
            {
                e = star + 1;
                t = ++mark;
            }
            else
            {
                return false;
            }
        }

        while (e < _elements.Count && _elements[e].IsAny) e++;
        return e == _elements.Count;
    }

    private readonly record struct Element(char Char, string? Characters, bool IsAny, bool IsOne)
    {
        public static Element Any { get; } = new('\0', null, true, false);

        public static Element One { get; } = new('\0', null, false, true);

        public static Element Literal(char c) => new(char.ToUpperInvariant(c), null, false, false);

        public static Element Set(string characters) => new('\0', characters, false, false);

        public bool Matches(char c)
        {
            if (IsOne) return true;
            if (Characters is null) return char.ToUpperInvariant(c) == Char;
            for (var i = 0; i < Characters.Length; i++)
            {
                if (i + 2 < Characters.Length && Characters[i + 1] == '-')
                {
                    if (IsBetween(c, Characters[i], Characters[i + 2])) return true;
                    i += 2;
                }
                else if (char.ToUpperInvariant(Characters[i]) == char.ToUpperInvariant(c))
                {
                    return true;
                }
            }

            return false;
        }

        private static bool IsBetween(char c, char low, char high) =>
            (c >= low && c <= high) || (char.ToUpperInvariant(c) is var upper && upper >= low && upper <= high) || (char.ToLowerInvariant(c) is var lower && lower >= low && lower <= high);
    }
}
