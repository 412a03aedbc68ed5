using Microsoft.Win32.SafeHandles;
using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Identity;

/// <summary>Whether a file with a key is read and written by its owner (and root, SYSTEM, Administrators) alone.</summary>
internal static class FilePrivacy
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Checks an open file; the check cannot be outrun by someone who swaps the file.</summary>
    /// <exception cref="P2PShareException">SwarmFileNotPrivate; its recommendation is the line to type.</exception>
    public static void Check(SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            var (ownerIsOurs, others) = WindowsAccess.Inspect(path);
            if (ownerIsOurs && others.Count == 0) return;
            throw NotPrivate(path, ownerIsOurs ? "accounts other than its owner can open it" : "it belongs to another account", WindowsAccess.RepairLine(path, others));
        }

        CheckUnix(path, File.GetUnixFileMode(file), UnixNative.OwnerOf(file), UnixNative.EffectiveUser, () => UnixNative.IsOnReadOnlyMount(file));
    }

    internal static void CheckUnix(string path, UnixFileMode mode, uint? owner, uint user, Func<bool> isOnReadOnlyMount)
    {
        var ownerIsOurs = owner is null or 0 || owner == user;
        if (ownerIsOurs && (mode & Others) == 0) return;
        // Container secrets are mounted read-only, belong to anybody and cannot be changed; whoever mounted them decided.
        if (isOnReadOnlyMount()) return;

        var repair = "chmod 600 " + Quote(path);
        if (!ownerIsOurs) throw NotPrivate(path, $"it belongs to another user (uid {owner})", $"sudo chown {user} {Quote(path)} && {repair}");
        throw NotPrivate(path, $"users other than its owner can read or write it (mode {Convert.ToString((int)mode & 0x1FF, 8)})", repair);
    }

    /// <summary>A path as one word of a POSIX shell.</summary>
    internal static string Quote(string path) => "'" + path.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    private static P2PShareException NotPrivate(string path, string why, string repair) => new(
        ErrorKind.PermissionDenied,
        ErrorIds.SwarmFileNotPrivate,
        $"'{path}' holds a key and is not private: {why}. Run: {repair}",
        path,
        repair);
}
