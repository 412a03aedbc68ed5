using System.Management.Automation;
using P2PShare.Engine.Errors;

namespace P2PShare.PowerShell.Commands;

/// <summary>From what a user types as a path to paths of the file system, and of nothing else.</summary>
internal static class ProviderPaths
{
    /// <summary>A path taken literally, whether or not something is there.</summary>
    /// <exception cref="P2PShareException">PathNotFileSystem; PathNotFound for an unknown drive.</exception>
    public static string Literal(PSCmdlet cmdlet, string path)
    {
        RefuseUnc(path);
        try
        {
            var resolved = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            return OfFileSystem(resolved, provider, path);
        }
        catch (Exception e) when (IsMiss(e))
        {
            throw NotFound(path, e);
        }
    }

    /// <summary>What a wildcard matches; a path without wildcard must exist.</summary>
    /// <exception cref="P2PShareException">PathNotFileSystem, PathNotFound.</exception>
    public static IReadOnlyList<string> Matching(PSCmdlet cmdlet, string path)
    {
        RefuseUnc(path);
        try
        {
            var resolved = cmdlet.SessionState.Path.GetResolvedProviderPathFromPSPath(path, out var provider);
            return [.. resolved.Select(r => OfFileSystem(r, provider, path))];
        }
        catch (Exception e) when (IsMiss(e))
        {
            throw NotFound(path, e);
        }
    }

    /// <summary>A path taken literally at which something is.</summary>
    /// <exception cref="P2PShareException">PathNotFileSystem, PathNotFound.</exception>
    public static string LiteralExisting(PSCmdlet cmdlet, string path)
    {
        var resolved = Literal(cmdlet, path);
        return File.Exists(resolved) || Directory.Exists(resolved) || new FileInfo(resolved).LinkTarget is not null ? resolved : throw NotFound(path, null);
    }

    /// <summary>Where the session stands in the file system, even when it stands in another provider.</summary>
    public static string CurrentFolder(PSCmdlet cmdlet) => cmdlet.SessionState.Path.CurrentFileSystemLocation.ProviderPath;

    private static string OfFileSystem(string resolved, ProviderInfo provider, string path)
    {
        if (provider.Name == "FileSystem") return resolved;
        throw new P2PShareException(
            ErrorKind.InvalidArgument,
            CmdletErrorIds.PathNotFileSystem,
            $"'{path}' is a path of the provider {provider.Name}; only files and folders can be used here.",
            path,
            "Give a path of a file system drive.");
    }

    // Elsewhere than on Windows PowerShell takes it for a local path, and files would be received into a folder of that name.
    private static void RefuseUnc(string path)
    {
        if (OperatingSystem.IsWindows() || !path.StartsWith(@"\\", StringComparison.Ordinal)) return;
        throw new P2PShareException(
            ErrorKind.InvalidArgument,
            CmdletErrorIds.UncPathNotSupported,
            $"'{path}' is a UNC path, which Windows alone has.",
            path,
            "Mount the network share, and give a path below its mount point.");
    }

    private static bool IsMiss(Exception exception) => exception is SessionStateException or ProviderInvocationException;

    private static P2PShareException NotFound(string path, Exception? inner) =>
        new(ErrorKind.ObjectNotFound, ErrorIds.PathNotFound, $"There is no file or folder '{path}'.", path, null, inner);
}
