using System.Runtime.InteropServices;

namespace P2PShare.Cli;

/// <summary>
/// The authorities that this machine trusts: a swarm trusts none of them. .NET reads all their files into memory before
/// the first chain it builds, whatever that chain is to trust, and that took a third of the time to the first connection.
/// </summary>
internal static partial class SystemRoots
{
    // OpenSSL's names for the places where they are.
    private static readonly string[] Places = ["SSL_CERT_DIR", "SSL_CERT_FILE"];

    /// <summary>Leaves them unread in this process: to be called before anything of cryptography.</summary>
    public static void LeaveOut()
    {
        if (!OperatingSystem.IsLinux()) return;
        foreach (var place in Places) _ = setenv(place, "/nonexistent", 1);
    }

    // Environment.SetEnvironmentVariable changes what .NET code sees; OpenSSL asks the C library.
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int setenv(string name, string value, int overwrite);
}
