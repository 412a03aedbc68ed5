namespace P2PShare.Engine.Catalogue;

/// <summary>The conditions of a <see cref="ShareQuery"/> on name and publisher, made ready for many comparisons.</summary>
internal sealed class ShareFilter
{
    private readonly WildcardPattern[] _patterns;
    private readonly HashSet<string> _literals;
    private readonly string? _publisherId;
    private readonly WildcardPattern? _publisherName;
    private readonly bool _anyName;

    public ShareFilter(ShareQuery query)
    {
        _patterns = [.. (query.Names ?? []).Select(name => new WildcardPattern(name))];
        _literals = new HashSet<string>(query.LiteralNames ?? [], StringComparer.OrdinalIgnoreCase);
        _anyName = _patterns.Length == 0 && _literals.Count == 0;
        if (string.IsNullOrEmpty(query.Publisher)) return;
        _publisherId = query.Publisher;
        _publisherName = new WildcardPattern(query.Publisher);
    }

    /// <summary>The names looked for, where only these are: without regard to case. Else null.</summary>
    public IReadOnlyCollection<string>? Literals => _patterns.Length == 0 && !_anyName ? _literals : null;

    public bool IsName(ReadOnlySpan<char> name)
    {
        if (_anyName) return true;
        foreach (var pattern in _patterns)
        {
            if (pattern.IsMatch(name)) return true;
        }

        return _literals.Count > 0 && _literals.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name);
    }

    /// <summary>Whether the publisher matters at all.</summary>
    public bool HasPublisher => _publisherName is not null;

    public bool IsPublisher(string id, string name) =>
        _publisherName is null || _publisherName.IsMatch(name) || string.Equals(_publisherId, id, StringComparison.OrdinalIgnoreCase);
}
