using System.Security.Cryptography;

namespace P2PShare.Cli.Tests.Support;

/// <summary>A folder of a test's own, gone afterwards.</summary>
public sealed class TempFolder : IDisposable
{
    public TempFolder() => Directory.CreateDirectory(FullPath);

    public string FullPath { get; } = Path.Combine(Path.GetTempPath(), "p2pshare-cli-" + Guid.NewGuid().ToString("N"));

    public string this[string name] => Path.Combine(FullPath, name);

    /// <summary>Writes a file of random bytes.</summary>
    public string WriteRandom(string name, int length)
    {
        var path = this[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, RandomNumberGenerator.GetBytes(length));
        return path;
    }

    public string WriteText(string name, string text)
    {
        var path = this[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public static string HashOf(string path) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
