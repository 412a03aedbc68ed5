using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace P2PShare.Engine.Storage;

/// <summary>Forcing a folder to the disk, for which .NET has no word.</summary>
[UnsupportedOSPlatform("windows")]
internal static partial class UnixNative
{
    private const int InputOutputError = 5;
    private const int NoSpace = 28;

    private static int CloseOnExec => OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    /// <summary>fsync of a folder.</summary>
    public static void FlushDirectory(string path)
    {
        using var directory = OpenDirectory(path);
        // Some file systems (network ones mostly) have nothing to flush and say EINVAL or ENOTSUP.
        if (FSync(directory) != 0 && Marshal.GetLastPInvokeError() is InputOutputError or NoSpace) throw Failure(path);
    }

    public static DescriptorHandle OpenDirectory(string path)
    {
        var directory = Open(path, CloseOnExec);
        return directory.IsInvalid ? throw Failure(path) : directory;
    }

    /// <summary>The last call's error as .NET reports those of its own calls.</summary>
    public static Exception Failure(string path)
    {
        const int NotPermitted = 1, NoEntry = 2, AccessDenied = 13;
        var error = Marshal.GetLastPInvokeError();
        var message = $"{Marshal.GetPInvokeErrorMessage(error)} : '{path}'";
        return error switch
        {
            NoEntry => new FileNotFoundException(message, path),
            NotPermitted or AccessDenied => new UnauthorizedAccessException(message),
            _ => new IOException(message, error),
        };
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial DescriptorHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(DescriptorHandle descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);

    /// <summary>An open folder: a SafeFileHandle takes none.</summary>
    internal sealed class DescriptorHandle() : SafeHandle(-1, ownsHandle: true)
    {
        public override bool IsInvalid => handle == -1;

        protected override bool ReleaseHandle() => CloseDescriptor((int)handle) == 0;
    }
}
