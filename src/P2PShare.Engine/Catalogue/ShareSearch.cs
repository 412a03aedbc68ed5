using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Catalogue;

/// <summary>Finds shares by what a user types: an info-hash, a wildcard or a name.</summary>
public static class ShareSearch
{
    /// <summary>Whether <paramref name="pattern"/> may match more than the name it spells.</summary>
    public static bool IsWildcard(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return pattern.AsSpan().ContainsAny("*?[`");
    }

    /// <summary>
    /// The queries <paramref name="pattern"/> may stand for, in their order of precedence: the first that finds something is meant.
    /// A name that looks like a wildcard, such as <c>[x].txt</c>, is found when no other name matches it.
    /// </summary>
    public static IReadOnlyList<ShareQuery> Queries(string pattern, string? publisher = null, bool allVersions = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        var byName = new ShareQuery { Publisher = publisher, AllVersions = allVersions };
        var literal = byName with { LiteralNames = [pattern] };
        if (InfoHash.TryParse(pattern, out _)) return [byName with { InfoHash = pattern }, literal];
        return IsWildcard(pattern) ? [byName with { Names = [pattern] }, literal] : [literal];
    }

    /// <summary>The shares <paramref name="pattern"/> stands for.</summary>
    /// <param name="search">The catalogue's search.</param>
    /// <param name="pattern">An info-hash, a wildcard or a name.</param>
    /// <param name="publisher">The publisher's name or peer id; null for any.</param>
    /// <param name="allVersions">Whether superseded versions are listed too.</param>
    public static IReadOnlyList<ShareInfo> Find(Func<ShareQuery, IReadOnlyList<ShareInfo>> search, string pattern, string? publisher = null, bool allVersions = false)
    {
        ArgumentNullException.ThrowIfNull(search);
        foreach (var query in Queries(pattern, publisher, allVersions))
        {
            var found = search(query);
            if (found.Count > 0) return found;
        }

        return [];
    }

    /// <summary>Waits until <paramref name="pattern"/> stands for at least one share.</summary>
    /// <param name="wait">The catalogue's wait for one query.</param>
    /// <param name="pattern">An info-hash, a wildcard or a name.</param>
    /// <param name="publisher">The publisher's name or peer id; null for any.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="Errors.P2PShareException">ShareNotFound, as <paramref name="wait"/> throws it.</exception>
    public static async Task<IReadOnlyList<ShareInfo>> WaitAsync(
        Func<ShareQuery, CancellationToken, Task<IReadOnlyList<ShareInfo>>> wait,
        string pattern,
        string? publisher,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wait);
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waits = Queries(pattern, publisher).Select(q => wait(q, others.Token)).ToList();
        var first = await Task.WhenAny(waits).ConfigureAwait(false);
        await others.CancelAsync().ConfigureAwait(false);
        await ((Task)Task.WhenAll(waits)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // Both may have ended with an answer: the earlier query has precedence.
        return await (waits.FirstOrDefault(w => w.IsCompletedSuccessfully) ?? first).ConfigureAwait(false);
    }
}
