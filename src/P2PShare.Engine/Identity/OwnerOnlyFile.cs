using System.Security.Cryptography;
using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Identity;

/// <summary>Files and folders for secrets: from the first byte nobody but their owner can read them, and a file is there whole or not at all.</summary>
internal static class OwnerOnlyFile
{
    /// <summary>Writes several files so that all of them or none are there: each to a temporary name first, then all are renamed.</summary>
    /// <exception cref="IOException"/>
    /// <exception cref="UnauthorizedAccessException"/>
    public static void WriteAll(IReadOnlyList<(string Path, string Text)> files, bool overwrite)
    {
        var written = new List<string>();
        var renamed = new List<string>();
        try
        {
            foreach (var (path, text) in files)
            {
                var temporary = TemporaryName(path);
                written.Add(temporary);
                WriteNew(temporary, text);
            }

            for (var i = 0; i < files.Count; i++)
            {
                File.Move(written[i], files[i].Path, overwrite);
                if (!overwrite) renamed.Add(files[i].Path);
            }
        }
        catch
        {
            foreach (var path in written.Concat(renamed)) TryDelete(path);
            throw;
        }
    }

    /// <summary>Writes one file, replacing what is there.</summary>
    public static void Write(string path, string text) => WriteAll([(path, text)], overwrite: true);

    /// <summary>Makes a folder, and those missing above it, for its owner alone.</summary>
    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            if (!Directory.Exists(path)) WindowsAccess.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>The error for a file that is not to be replaced.</summary>
    public static P2PShareException Exists(string path) => new(
        ErrorKind.ResourceExists, ErrorIds.SwarmFileExists, $"'{path}' exists already and was left as it is.", path, "Choose another name or folder, or have it overwritten (-Force, --force): whoever uses the old file then no longer belongs to the new swarm.");

    private static string TemporaryName(string path) =>
        Path.Combine(Path.GetDirectoryName(path) ?? ".", $".p2pshare-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.tmp");

    private static void WriteNew(string path, string text)
    {
        using var stream = OperatingSystem.IsWindows() ? WindowsAccess.CreateFile(path) : new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        stream.Write(bytes);
        stream.Flush(flushToDisk: true);
        CryptographicOperations.ZeroMemory(bytes);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The error that led here says more than this one would.
        }
    }
}
