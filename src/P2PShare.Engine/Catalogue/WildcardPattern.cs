namespace P2PShare.Engine.Catalogue;

/// <summary>
/// A wildcard as in PowerShell: <c>*</c> any characters, <c>?</c> one, <c>[abc]</c> and <c>[a-z]</c> one of these,
/// a backtick takes the next character literally. Compared without regard to case. Matching takes time proportional to
/// pattern times text at worst, so a hostile pattern cannot stall a search.
/// </summary>
public sealed class WildcardPattern
{
    private readonly Element[] _elements;

    public WildcardPattern(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        var elements = new List<Element>(pattern.Length);
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*':
                    if (elements.Count == 0 || !elements[^1].IsAny) elements.Add(Element.Any);
                    break;
                case '?':
                    elements.Add(Element.One);
                    break;
                case '[' when pattern.IndexOf(']', Math.Min(i + 2, pattern.Length)) is var end and > 0:
                    elements.Add(Element.Set(pattern[(i + 1)..end]));
                    i = end;
                    break;
                case '`' when i + 1 < pattern.Length:
                    elements.Add(Element.Literal(pattern[++i]));
                    break;
                default:
                    elements.Add(Element.Literal(pattern[i]));
                    break;
            }
        }

        _elements = [.. elements];
    }

    /// <summary>Whether a text has characters that make it a pattern.</summary>
    public static bool HasWildcards(string text) => text.AsSpan().ContainsAny("*?[");

    public bool IsMatch(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return IsMatch(text.AsSpan());
    }

    public bool IsMatch(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<Element> elements = _elements;
        int e = 0, t = 0, star = -1, mark = 0;
        while (t < text.Length)
        {
            if (e < elements.Length && elements[e].IsAny)
            {
                star = e++;
                mark = t;
            }
            else if (e < elements.Length && elements[e].Matches(text[t]))
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

        while (e < elements.Length && elements[e].IsAny) e++;
        return e == elements.Length;
    }

    private readonly struct Element
    {
        private readonly char _upper;
        private readonly char _lower;
        private readonly ElementKind _kind;
        private readonly string? _characters;

        private Element(ElementKind kind, char c = '\0', string? characters = null)
        {
            _kind = kind;
            _characters = characters;
            _upper = char.ToUpperInvariant(c);
            // What most names are made of is compared without asking for its other case.
            _lower = char.IsAscii(_upper) ? char.ToLowerInvariant(_upper) : _upper;
        }

        public static Element Any { get; } = new(ElementKind.Any);

        public static Element One { get; } = new(ElementKind.One);

        public bool IsAny => _kind == ElementKind.Any;

        public static Element Literal(char c) => new(ElementKind.Literal, c);

        public static Element Set(string characters) => new(ElementKind.Set, characters: characters);

        public bool Matches(char c) => _kind switch
        {
            ElementKind.Literal => c == _upper || c == _lower || (!char.IsAscii(c) && char.ToUpperInvariant(c) == _upper),
            ElementKind.One => true,
            _ => IsInSet(c),
        };

        private bool IsInSet(char c)
        {
            var characters = _characters!;
            for (var i = 0; i < characters.Length; i++)
            {
                if (i + 2 < characters.Length && characters[i + 1] == '-')
                {
                    if (IsBetween(c, characters[i], characters[i + 2])) return true;
                    i += 2;
                }
                else if (char.ToUpperInvariant(characters[i]) == char.ToUpperInvariant(c))
                {
                    return true;
                }
            }

            return false;
        }

        private static bool IsBetween(char c, char low, char high) =>
            (c >= low && c <= high) || (char.ToUpperInvariant(c) is var upper && upper >= low && upper <= high) || (char.ToLowerInvariant(c) is var lower && lower >= low && lower <= high);
    }

    private enum ElementKind : byte
    {
        Literal,
        One,
        Any,
        Set,
    }
}
