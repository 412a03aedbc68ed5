using System.Security.Cryptography;
using System.Text;
using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Identity;

/// <summary>Reads the bytes of swarm files: bounded, and, where a key is about to be used, only from private files.</summary>
internal static class SwarmFileReader
{
    /// <summary>The largest file read, in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    /// <exception cref="P2PShareException">SwarmNotFound, SwarmFileNotPrivate, SwarmFileInvalid, FileUnreadable.</exception>
    public static SwarmFileContent Read(string path, bool requirePrivate, bool proveLater = false)
    {
        var fullPath = Path.GetFullPath(path);
        return SwarmFileContent.Parse(ReadText(fullPath, requirePrivate), fullPath, proveLater);
    }

    /// <exception cref="P2PShareException">SwarmFileInvalid: too long.</exception>
    public static SwarmFileContent Parse(string text, string source, bool proveLater = false)
    {
        if (text.Length > MaxSize) throw TooLarge(source);
        return SwarmFileContent.Parse(text, source, proveLater);
    }

    private static string ReadText(string path, bool requirePrivate)
    {
        var buffer = new byte[MaxSize + 1];
        try
        {
            if (Directory.Exists(path)) throw Invalid(path, "is a folder, not a swarm file");
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            if (requirePrivate) FilePrivacy.Check(stream.SafeFileHandle, path);
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length > MaxSize) throw TooLarge(path);
            var bytes = buffer.AsSpan(0, length);
            if (bytes.StartsWith(Encoding.UTF8.Preamble)) bytes = bytes[3..];
            if (bytes.Contains((byte)0)) throw Invalid(path, "is a binary file, not a PEM file");
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw Invalid(path, "is a binary file, not a PEM file", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new P2PShareException(
                ErrorKind.ObjectNotFound,
                ErrorIds.SwarmNotFound,
                $"There is no swarm file '{path}'.",
                path,
                $"Copy NAME.swarm.pem from the machine where the swarm was made to '{path}', or make a new swarm.",
                e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new P2PShareException(ErrorKind.PermissionDenied, ErrorIds.FileUnreadable, $"'{path}' cannot be read: {e.Message}", path, "Run as the user whom the file belongs to, or copy it to a place of your own.", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private static P2PShareException TooLarge(string source) => Invalid(source, $"is larger than {MaxSize / 1024} KiB, which no swarm file is");

    private static P2PShareException Invalid(string source, string why, Exception? inner = null) => new(
        ErrorKind.InvalidData, ErrorIds.SwarmFileInvalid, $"'{source}' {why}.", source, "Give the NAME.swarm.pem that was made with the swarm.", inner);
}
