using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;

namespace P2PShare.Cli.Commands;

/// <summary>From the paths of a command line to what is to be published.</summary>
internal static class SharePaths
{
    /// <summary>One share for each path, or one for all when <paramref name="shareName"/> is given; paths that don't exist are errors of their own.</summary>
    public static ShareGroupingResult Group(IReadOnlyList<string> paths, string? shareName, string? basePath)
    {
        var inputs = new List<ShareInput>();
        var errors = new List<P2PShareException>();
        foreach (var path in paths)
        {
            if (path.Length == 0)
            {
                errors.Add(Missing(path));
                continue;
            }

            var full = Path.GetFullPath(path);
            if (Directory.Exists(full)) inputs.Add(new ShareInput(full, IsFolder: true));
            else if (File.Exists(full)) inputs.Add(new ShareInput(full, IsFolder: false));
            else errors.Add(Missing(path));
        }

        if (inputs.Count == 0) return new ShareGroupingResult([], [], errors);
        var grouped = shareName is null
            ? ShareGrouping.Separate(inputs)
            : ShareGrouping.Bundle(inputs, shareName, basePath is null ? null : Path.GetFullPath(basePath));
        return grouped with { Errors = [.. errors, .. grouped.Errors] };
    }

    private static P2PShareException Missing(string path) => new(
        ErrorKind.ObjectNotFound,
        ErrorIds.PathNotFound,
        $"There is no file or folder '{path}'.",
        path,
        "Check the spelling, and that you may read the folder it is in.");
}
