using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace P2PShare.Engine.Identity;

/// <summary>What .NET does not tell about files on Linux: who owns them, and whether their mount is read-only.</summary>
internal static partial class UnixNative
{
    /// <summary>The user id this process acts as.</summary>
    [UnsupportedOSPlatform("windows")]
    public static uint EffectiveUser => geteuid();

    /// <summary>The user id of an open file's owner; null where it cannot be told (not Linux).</summary>
    public static unsafe uint? OwnerOf(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux()) return null;
        // struct statx is the same on every architecture, which struct stat is not.
        Span<byte> buffer = stackalloc byte[256];
        fixed (byte* pointer = buffer)
        {
            if (statx(file, "", AtEmptyPath, StatxUid, pointer) != 0) return null;
        }

        return MemoryMarshal.Read<uint>(buffer[StatxUidOffset..]);
    }

    /// <summary>The user id of a path's owner, links followed; null where it cannot be told.</summary>
    public static unsafe uint? OwnerOf(string path)
    {
        if (!OperatingSystem.IsLinux()) return null;
        Span<byte> buffer = stackalloc byte[256];
        fixed (byte* pointer = buffer)
        {
            if (statx(AtCurrentDirectory, path, 0, StatxUid, pointer) != 0) return null;
        }

        return MemoryMarshal.Read<uint>(buffer[StatxUidOffset..]);
    }

    /// <summary>Whether an open file lies on a read-only mount, as the secrets of containers do.</summary>
    public static bool IsOnReadOnlyMount(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            var descriptor = file.DangerousGetHandle().ToInt32().ToString(CultureInfo.InvariantCulture);
            var mountLine = File.ReadLines($"/proc/self/fdinfo/{descriptor}").FirstOrDefault(line => line.StartsWith("mnt_id:", StringComparison.Ordinal));
            return mountLine is not null && IsReadOnly(File.ReadLines("/proc/self/mountinfo"), mountLine["mnt_id:".Length..].Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Looks a mount up in the lines of /proc/self/mountinfo (see proc(5)).</summary>
    internal static bool IsReadOnly(IEnumerable<string> mountInfo, string mountId)
    {
        foreach (var line in mountInfo)
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 10 || fields[0] != mountId) continue;
            // Field 6 has the mount's own options, the last one those of the file system under it.
            return fields[5].Split(',').Contains("ro") || fields[^1].Split(',').Contains("ro");
        }

        return false;
    }

    private const int AtEmptyPath = 0x1000;
    private const int AtCurrentDirectory = -100;
    private const uint StatxUid = 0x8;
    private const int StatxUidOffset = 20;

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint geteuid();

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(SafeFileHandle directory, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int directory, string path, int flags, uint mask, byte* buffer);
}
