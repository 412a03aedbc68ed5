using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace P2PShare.Cli.Demo;

/// <summary>Every file below a folder (or a single file) with its SHA-256; symbolic links are left out, as they are from shares.</summary>
internal sealed class FolderDigest
{
    private static readonly EnumerationOptions EverythingButLinks = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    private readonly IReadOnlyDictionary<string, string> _files;

    private FolderDigest(IReadOnlyDictionary<string, string> files) => _files = files;

    public int Count => _files.Count;

    /// <summary>Number and bytes of the files below a folder.</summary>
    public static (int Files, long Bytes) Measure(string folder)
    {
        var files = 0;
        long bytes = 0;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", EverythingButLinks))
        {
            files++;
            bytes += file.Length;
        }

        return (files, bytes);
    }

    public static async Task<FolderDigest> ComputeAsync(string path, CancellationToken cancellationToken)
    {
        var digests = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        var files = Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", EverythingButLinks) : [path];
        await Parallel.ForEachAsync(files, cancellationToken, async (file, token) =>
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0, FileOptions.SequentialScan);
            digests[Directory.Exists(path) ? Path.GetRelativePath(path, file) : Path.GetFileName(file)] = Convert.ToHexString(await SHA256.HashDataAsync(stream, token));
        });
        return new FolderDigest(digests);
    }

    /// <summary>What differs, one line each; empty when <paramref name="copy"/> has exactly these files with exactly this content.</summary>
    public IReadOnlyList<string> Differences(FolderDigest copy)
    {
        var differences = new List<string>();
        foreach (var (file, digest) in _files)
        {
            if (!copy._files.TryGetValue(file, out var other)) differences.Add($"missing: {file}");
            else if (other != digest) differences.Add($"different: {file}");
        }

        differences.AddRange(copy._files.Keys.Where(file => !_files.ContainsKey(file)).Select(file => $"not in the source: {file}"));
        return differences;
    }
}
