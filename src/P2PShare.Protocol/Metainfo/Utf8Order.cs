namespace P2PShare.Protocol.Metainfo;

/// <summary>Compares texts as their UTF-8 bytes compare, which is how bencoded keys are sorted. Ordinal comparison of UTF-16 differs: it puts surrogates before U+E000.</summary>
internal sealed class Utf8Order : IComparer<string>, IComparer<IReadOnlyList<string>>
{
    public static Utf8Order Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        var common = x.AsSpan().CommonPrefixLength(y);
        if (common == x.Length || common == y.Length) return x.Length.CompareTo(y.Length);
        return Rank(x[common]).CompareTo(Rank(y[common]));

        static int Rank(char c) => c switch
        {
            >= '\uE000' => c - 0x800,
            >= '\uD800' => c + 0x2000,
            _ => c,
        };
    }

    /// <summary>Compares paths component by component, so that a directory's entries stay together.</summary>
    public int Compare(IReadOnlyList<string>? x, IReadOnlyList<string>? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        for (var i = 0; i < x.Count && i < y.Count; i++)
        {
            var order = Compare(x[i], y[i]);
            if (order != 0) return order;
        }

        return x.Count.CompareTo(y.Count);
    }
}
