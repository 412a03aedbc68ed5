using System.Security.Cryptography;

namespace P2PShare.Interop.Tests.Support;

/// <summary>A folder of its own for one test.</summary>
internal sealed class TestFolder : IDisposable
{
    public TestFolder() => Path = Directory.CreateTempSubdirectory("p2pshare-interop-").FullName;

    public string Path { get; }

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    /// <summary>Writes a file of random bytes that are the same at every run.</summary>
    public string Write(string relative, long length, int seed = 1)
    {
        var path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        var random = new Random(seed);
        var buffer = new byte[1 << 20];
        using var file = File.Create(path);
        for (var left = length; left > 0; left -= buffer.Length)
        {
            random.NextBytes(buffer);
            file.Write(buffer.AsSpan(0, (int)Math.Min(left, buffer.Length)));
        }

        return path;
    }

    /// <summary>A folder of many kinds of files: empty ones, of a byte, around a block and a piece, in sub-folders, with blanks and emoji.</summary>
    public string WriteTree(string relative)
    {
        string[] names = ["a.txt", "with blanks and (brackets) [1].bin", "sub/deeper/deepest/ünï.dat", "sub/🎉 party.bin", "🦊/fox 🦊.txt", "sub/a.txt", "z"];
        long[] lengths = [0, 1, 16383, 16384, 16385, 65_536, 100_001];
        var seed = 0;
        foreach (var name in names) Write($"{relative}/{name}", lengths[seed % lengths.Length], ++seed);
        for (var i = 0; i < 60; i++) Write($"{relative}/many/{i % 7}/file {i}.bin", lengths[i % lengths.Length] + (i % lengths.Length == 0 ? 0 : i), ++seed);
        Write($"{relative}/large.bin", 3_000_017, ++seed);
        return this[relative];
    }

    /// <summary>Each file's path below a folder (or the file's own name) with its SHA-256.</summary>
    public static SortedDictionary<string, string> HashesOf(string path)
    {
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var root = File.Exists(path) ? System.IO.Path.GetDirectoryName(path)! : path;
        foreach (var file in File.Exists(path) ? [path] : Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories))
        {
            using var stream = File.OpenRead(file);
            hashes.Add(System.IO.Path.GetRelativePath(root, file), Convert.ToHexString(SHA256.HashData(stream)));
        }

        return hashes;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
