using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace P2PShare.Engine.Storage;

/// <summary>
/// Linux calls that see what .NET's do not: whether a path is a pipe or a device (opening one could block for ever), and
/// times to the nanosecond, without which a received tree is not identical.
/// </summary>
[SupportedOSPlatform("linux")]
internal static partial class LinuxNative
{
    private const int CurrentDirectory = -100;
    private const int SymlinkNoFollow = 0x100;
    private const int EmptyPath = 0x1000;
    private const uint BasicStats = 0x7FF;
    private const long OmitTime = (1 << 30) - 2;
    private const int NanosecondsPerSecond = 1_000_000_000;
    private const int OpenAt2Number = 437;

    /// <summary>Looks at a path; what is not there is <see cref="EntryKind.Missing"/>.</summary>
    public static FileEntry Stat(string path, bool followLink)
    {
        const int NoEntry = 2, NotADirectory = 20;
        Span<byte> buffer = stackalloc byte[256];
        if (StatX(CurrentDirectory, path, followLink ? 0 : SymlinkNoFollow, BasicStats, buffer) == 0) return Parse(buffer);
        return Marshal.GetLastPInvokeError() is NoEntry or NotADirectory ? default : throw UnixNative.Failure(path);
    }

    /// <summary>Looks at an open file.</summary>
    public static FileEntry Stat(SafeFileHandle file)
    {
        Span<byte> buffer = stackalloc byte[256];
        return StatX(file, "", EmptyPath, BasicStats, buffer) == 0 ? Parse(buffer) : throw UnixNative.Failure("");
    }

    /// <summary>openat2 (Linux 5.6): creates a file, for reading and writing, unless any part of its path is a link.</summary>
    /// <returns>Null when it was not created, for whatever reason.</returns>
    public static SafeFileHandle? TryCreate(string path)
    {
        const int Create = 0x40, Exclusive = 0x80, ReadWrite = 2, CloseOnExec = 0x80000;
        const int ForAll = 0b110_110_110, NoLinks = 4;
        // Where pointers have 32 bits, large files need one more flag.
        if (!Environment.Is64BitProcess) return null;
        ReadOnlySpan<ulong> how = [Create | Exclusive | ReadWrite | CloseOnExec, ForAll, NoLinks];
        var descriptor = OpenAt2(OpenAt2Number, CurrentDirectory, path, how, how.Length * sizeof(ulong));
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>renameat2 (Linux 3.15): replaces what is at the target, or nothing.</summary>
    /// <returns>Whether it was renamed.</returns>
    public static bool TryRename(string source, string target, bool overwrite)
    {
        const uint NoReplace = 1;
        return RenameAt2(CurrentDirectory, source, CurrentDirectory, target, overwrite ? 0 : NoReplace) == 0;
    }

    /// <summary>lseek with SEEK_DATA. The file's position, which it moves, is used by nobody: reads and writes name their offset.</summary>
    public static long NextData(SafeFileHandle file, long offset)
    {
        const int SeekData = 3, NoSuchOffset = 6;
        // Where pointers have 32 bits, so has lseek's offset.
        if (!Environment.Is64BitProcess) return offset;
        var data = Seek(file, offset, SeekData);
        if (data >= 0) return data;
        return Marshal.GetLastPInvokeError() == NoSuchOffset ? long.MaxValue : offset;
    }

    public static void SetModified(SafeFileHandle file, long nanoseconds)
    {
        if (FUtimeNs(file, Times(nanoseconds)) != 0) throw UnixNative.Failure("");
    }

    /// <summary>Sets the time of what stands at the path, a link included.</summary>
    public static void SetModified(string path, long nanoseconds)
    {
        if (UtimeNsAt(CurrentDirectory, path, Times(nanoseconds), SymlinkNoFollow) != 0) throw UnixNative.Failure(path);
    }

    /// <summary>syncfs: one call instead of thousands of fsyncs. Since Linux 5.8 it reports write errors too.</summary>
    public static bool TryFlushFileSystem(string path)
    {
        const int InputOutputError = 5, NoSpace = 28, OverQuota = 122;
        using var directory = UnixNative.OpenDirectory(path);
        if (SyncFs(directory) == 0) return true;
        return Marshal.GetLastPInvokeError() is InputOutputError or NoSpace or OverQuota ? throw UnixNative.Failure(path) : false;
    }

    private static FileEntry Parse(ReadOnlySpan<byte> statx)
    {
        // struct statx is the same on every architecture, which struct stat is not.
        var mode = BinaryPrimitives.ReadUInt16LittleEndian(statx[28..]);
        var kind = (mode & 0xF000) switch
        {
            0x8000 => EntryKind.File,
            0x4000 => EntryKind.Directory,
            0xA000 => EntryKind.Link,
            _ => EntryKind.Special,
        };
        var length = kind == EntryKind.File ? BinaryPrimitives.ReadInt64LittleEndian(statx[40..]) : 0;
        var modified = BinaryPrimitives.ReadInt64LittleEndian(statx[112..]) * NanosecondsPerSecond + BinaryPrimitives.ReadUInt32LittleEndian(statx[120..]);
        return new FileEntry(
            kind, length, modified, (UnixFileMode)(mode & 0xFFF),
            (BinaryPrimitives.ReadUInt64LittleEndian(statx[136..]), BinaryPrimitives.ReadUInt64LittleEndian(statx[32..])));
    }

    private static TimeSpec[] Times(long nanoseconds)
    {
        var seconds = Math.DivRem(nanoseconds, NanosecondsPerSecond, out var rest);
        if (rest < 0) (seconds, rest) = (seconds - 1, rest + NanosecondsPerSecond);
        return [new TimeSpec(0, (nint)OmitTime), new TimeSpec((nint)seconds, (nint)rest)];
    }

    private readonly record struct TimeSpec(nint Seconds, nint Nanoseconds);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, Span<byte> buffer);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(SafeFileHandle file, string path, int flags, uint mask, Span<byte> buffer);

    // The C library had no name for it for long. The number is that of all processors .NET runs on.
    [LibraryImport("libc", EntryPoint = "syscall", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenAt2(nint number, int directory, string path, ReadOnlySpan<ulong> how, nint size);

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int oldDirectory, string source, int newDirectory, string target, uint flags);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    private static partial int FUtimeNs(SafeFileHandle file, ReadOnlySpan<TimeSpec> times);

    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UtimeNsAt(int directory, string path, ReadOnlySpan<TimeSpec> times, int flags);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(UnixNative.DescriptorHandle descriptor);
}
