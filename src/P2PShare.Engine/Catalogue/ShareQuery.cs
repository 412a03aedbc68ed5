namespace P2PShare.Engine.Catalogue;

/// <summary>Which shares of the catalogue to list; all conditions given must hold.</summary>
public sealed record ShareQuery
{
    /// <summary>Names, with <c>*</c>, <c>?</c> and <c>[a-z]</c> as in a PowerShell wildcard; compared without regard to case. Null or empty: all.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Names taken literally, compared without regard to case.</summary>
    public IReadOnlyList<string>? LiteralNames { get; init; }

    /// <summary>Exact info-hash, 64 hexadecimal digits.</summary>
    public string? InfoHash { get; init; }

    /// <summary>The publisher's name (wildcards allowed) or peer id.</summary>
    public string? Publisher { get; init; }

    /// <summary>Whether superseded versions are listed too. By info-hash they always are.</summary>
    public bool AllVersions { get; init; }
}
