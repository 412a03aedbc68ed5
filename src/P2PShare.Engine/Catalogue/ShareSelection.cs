using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Catalogue;

/// <summary>Decides which shares are meant when shares are asked for by name.</summary>
public static class ShareSelection
{
    /// <summary>
    /// Of the shares that match, one for each name: equal content (one info-hash) from several publishers is one share;
    /// different content under one name is ShareAmbiguous, and no share of that name is chosen.
    /// </summary>
    public static ShareSelectionResult Choose(IReadOnlyList<ShareInfo> matches)
    {
        ArgumentNullException.ThrowIfNull(matches);
        var chosen = new List<ShareInfo>();
        var errors = new List<P2PShareException>();
        foreach (var name in matches.GroupBy(s => s.Name, StringComparer.OrdinalIgnoreCase))
        {
            var contents = name.DistinctBy(s => s.InfoHash, StringComparer.OrdinalIgnoreCase).ToList();
            if (contents.Count == 1) chosen.Add(contents[0]);
            else errors.Add(Ambiguous(name.Key, contents));
        }

        return new ShareSelectionResult(chosen, errors);
    }

    private static P2PShareException Ambiguous(string name, List<ShareInfo> contents)
    {
        var list = string.Join("; ", contents.Select(s => $"'{s.Name}' by {s.Publisher}, {s.Length} bytes, info-hash {s.InfoHash}"));
        return new P2PShareException(
            ErrorKind.InvalidArgument,
            ErrorIds.ShareAmbiguous,
            $"The name '{name}' means different things in this swarm: {list}.",
            name,
            "Choose by publisher or by info-hash.");
    }
}
