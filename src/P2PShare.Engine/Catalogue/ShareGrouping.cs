using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Catalogue;

/// <summary>
/// Turns the files and folders a user names into shares: one each, or all bundled into one folder share.
/// It looks at paths alone, never at the disk.
/// </summary>
public static class ShareGrouping
{
    private static readonly StringComparison PlatformComparison =
        OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>
    /// One share for each input, named by its leaf. What lies below a folder that is an input itself is left out;
    /// of two inputs with one leaf name neither is shared (DuplicateShareName).
    /// </summary>
    /// <param name="inputs">In the order given.</param>
    /// <param name="pathComparison">How paths are compared; null for the platform's way.</param>
    public static ShareGroupingResult Separate(IReadOnlyList<ShareInput> inputs, StringComparison? pathComparison = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var comparer = StringComparer.FromComparison(pathComparison ?? PlatformComparison);
        var distinct = Normalise(inputs, comparer);
        var folders = FoldersOf(distinct, comparer);
        var leftOut = new List<LeftOutInput>();
        var errors = new List<P2PShareException>();

        // Names are resolved without regard to case, so two that differ in case alone could never be told apart.
        var byName = new Dictionary<string, List<ShareInput>>(StringComparer.OrdinalIgnoreCase);
        var order = new List<string>();
        foreach (var input in distinct)
        {
            var ancestor = OutermostAncestor(input.FullPath, folders);
            if (ancestor is not null)
            {
                leftOut.Add(new LeftOutInput(input.FullPath, ancestor));
                continue;
            }

            var name = Path.GetFileName(input.FullPath);
            if (name.Length == 0)
            {
                errors.Add(new P2PShareException(ErrorKind.InvalidArgument, ErrorIds.InvalidName, $"'{input.FullPath}' has no name to share it by.", input.FullPath, "Give the share a name."));
                continue;
            }

            if (!byName.TryGetValue(name, out var group))
            {
                byName.Add(name, group = []);
                order.Add(name);
            }

            group.Add(input);
        }

        var requests = new List<PublishRequest>(order.Count);
        foreach (var name in order)
        {
            var group = byName[name];
            if (group.Count == 1)
            {
                requests.Add(new PublishRequest { Name = name, Path = group[0].FullPath });
                continue;
            }

            errors.Add(new P2PShareException(
                ErrorKind.InvalidArgument,
                ErrorIds.DuplicateShareName,
                $"{group.Count} inputs would all be shared as '{name}', so none of them is: {string.Join(", ", group.Take(5).Select(i => $"'{i.FullPath}'"))}{(group.Count > 5 ? "…" : "")}.",
                group[1].FullPath,
                "Publish them one at a time under names of their own, or all as one share with a share name."));
        }

        return new ShareGroupingResult(requests, leftOut, errors);
    }

    /// <summary>
    /// One folder share of all inputs, with paths relative to <paramref name="basePath"/>, else to the deepest folder that
    /// holds them all (a folder holds itself). A folder stands for all below it, unless something below it is an input too:
    /// then only those are taken.
    /// </summary>
    /// <param name="inputs">In the order given.</param>
    /// <param name="shareName">The share's name.</param>
    /// <param name="basePath">An absolute path, or null.</param>
    /// <param name="pathComparison">How paths are compared; null for the platform's way.</param>
    public static ShareGroupingResult Bundle(IReadOnlyList<ShareInput> inputs, string shareName, string? basePath = null, StringComparison? pathComparison = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentException.ThrowIfNullOrEmpty(shareName);
        var comparison = pathComparison ?? PlatformComparison;
        var comparer = StringComparer.FromComparison(comparison);
        var errors = new List<P2PShareException>();
        var distinct = Normalise(inputs, comparer);
        var root = basePath is null ? CommonFolder(distinct, comparison, errors) : Trim(basePath);
        if (root is null) return new ShareGroupingResult([], [], errors);

        var kept = new List<ShareInput>(distinct.Count);
        foreach (var input in distinct)
        {
            if (IsBelow(input.FullPath, root, comparison) || (input.IsFolder && comparer.Equals(input.FullPath, root))) kept.Add(input);
            else errors.Add(OutsideBase(input.FullPath, root));
        }

        if (kept.Count == 0) return new ShareGroupingResult([], [], errors);
        if (kept.Count == 1 && comparer.Equals(kept[0].FullPath, root)) return new ShareGroupingResult([new PublishRequest { Name = shareName, Path = root }], [], errors);

        var filtered = FoldersWithInputsBelow(kept, comparer);
        var entries = new List<PublishEntry>(kept.Count);
        foreach (var input in kept)
        {
            if (comparer.Equals(input.FullPath, root)) continue;
            entries.Add(new PublishEntry(input.FullPath, Relative(input.FullPath, root), input.IsFolder && !filtered.Contains(input.FullPath)));
        }

        return new ShareGroupingResult([new PublishRequest { Name = shareName, Entries = entries }], [], errors);
    }

    private static List<ShareInput> Normalise(IReadOnlyList<ShareInput> inputs, StringComparer comparer)
    {
        var seen = new HashSet<string>(comparer);
        var distinct = new List<ShareInput>(inputs.Count);
        foreach (var input in inputs)
        {
            var path = Trim(input.FullPath);
            if (seen.Add(path)) distinct.Add(input with { FullPath = path });
        }

        return distinct;
    }

    private static string Trim(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private static HashSet<string> FoldersOf(List<ShareInput> inputs, StringComparer comparer) =>
        inputs.Where(i => i.IsFolder).Select(i => i.FullPath).ToHashSet(comparer);

    private static string? OutermostAncestor(string path, HashSet<string> folders)
    {
        string? found = null;
        for (var parent = Path.GetDirectoryName(path); parent is not null; parent = Path.GetDirectoryName(parent))
            if (folders.Contains(parent)) found = parent;
        return found;
    }

    private static HashSet<string> FoldersWithInputsBelow(List<ShareInput> inputs, StringComparer comparer)
    {
        var folders = FoldersOf(inputs, comparer);
        var marked = new HashSet<string>(comparer);
        foreach (var input in inputs)
        {
            for (var parent = Path.GetDirectoryName(input.FullPath); parent is not null; parent = Path.GetDirectoryName(parent))
                if (folders.Contains(parent)) marked.Add(parent);
        }

        return marked;
    }

    private static string? CommonFolder(List<ShareInput> inputs, StringComparison comparison, List<P2PShareException> errors)
    {
        string? common = null;
        foreach (var input in inputs)
        {
            var folder = input.IsFolder ? input.FullPath : Path.GetDirectoryName(input.FullPath);
            common ??= folder;
            while (common is not null && !(folder!.Equals(common, comparison) || IsBelow(folder, common, comparison))) common = Path.GetDirectoryName(common);
            if (common is not null) continue;
            errors.Add(new P2PShareException(
                ErrorKind.InvalidArgument,
                ErrorIds.PathOutsideBase,
                $"'{input.FullPath}' and '{inputs[0].FullPath}' have no folder in common, so they cannot be in one share.",
                input.FullPath,
                "Share what is on different drives separately."));
            return null;
        }

        return common;
    }

    private static bool IsBelow(string path, string folder, StringComparison comparison)
    {
        if (path.Length <= folder.Length || !path.StartsWith(folder, comparison)) return false;
        return Path.EndsInDirectorySeparator(folder) || IsSeparator(path[folder.Length]);
    }

    private static bool IsSeparator(char c) => c == Path.DirectorySeparatorChar || c == Path.AltDirectorySeparatorChar;

    private static string Relative(string path, string root)
    {
        var start = Path.EndsInDirectorySeparator(root) ? root.Length : root.Length + 1;
        var relative = path[start..];

        // On Unix a backslash is a character like any other and must not become a folder.
        return Path.DirectorySeparatorChar == '/' ? relative : relative.Replace(Path.DirectorySeparatorChar, '/');
    }

    private static P2PShareException OutsideBase(string path, string root) => new(
        ErrorKind.InvalidArgument,
        ErrorIds.PathOutsideBase,
        $"'{path}' is not below '{root}', so it has no place in the share.",
        path,
        "Choose a base folder that holds all the files, or give none.");
}
