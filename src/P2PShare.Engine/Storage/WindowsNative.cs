using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace P2PShare.Engine.Storage;

/// <summary>What NTFS needs to be told, and .NET cannot say.</summary>
[SupportedOSPlatform("windows")]
internal static partial class WindowsNative
{
    private const uint FsctlSetSparse = 0x000900C4;

    /// <summary>
    /// Makes a file sparse; must come before its length is set, else NTFS writes zeros up to each block. File systems
    /// without sparse files (FAT) refuse, which costs time and nothing else.
    /// </summary>
    public static unsafe void SetSparse(SafeFileHandle file) =>
        _ = DeviceIoControl(file, FsctlSetSparse, null, 0, null, 0, out _, 0);

    /// <summary>The path a handle really leads to, without the \\?\ in front.</summary>
    public static unsafe string? RealPath(SafeFileHandle file)
    {
        Span<char> buffer = stackalloc char[1024];
        var length = Query(file, buffer);
        if (length > buffer.Length)
        {
            buffer = new char[length + 1];
            length = Query(file, buffer);
        }

        if (length == 0 || length > buffer.Length) return null;
        var path = buffer[..length];
        if (path.StartsWith(@"\\?\UNC\")) return @"\\" + path[8..].ToString();
        return path.StartsWith(@"\\?\") ? path[4..].ToString() : path.ToString();

        static int Query(SafeFileHandle file, Span<char> buffer)
        {
            fixed (char* pointer = buffer) return (int)GetFinalPathNameByHandle(file, pointer, (uint)buffer.Length, 0);
        }
    }

    /// <summary>The real path of a folder.</summary>
    public static string? RealPathOfDirectory(string path)
    {
        using var handle = CreateFile(path, 0, 7, 0, 3, 0x02000000, 0);
        return handle.IsInvalid ? throw new IOException(new Win32Exception(Marshal.GetLastPInvokeError()).Message + $" : '{path}'") : RealPath(handle);
    }

    [LibraryImport("kernel32.dll", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static unsafe partial bool DeviceIoControl(
        SafeFileHandle device, uint code, void* input, uint inputSize, void* output, uint outputSize, out uint returned, nint overlapped);

    [LibraryImport("kernel32.dll", EntryPoint = "GetFinalPathNameByHandleW", SetLastError = true)]
    private static unsafe partial uint GetFinalPathNameByHandle(SafeFileHandle file, char* path, uint length, uint flags);

    [LibraryImport("kernel32.dll", EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial SafeFileHandle CreateFile(
        string name, uint access, uint share, nint security, uint disposition, uint flags, nint template);
}
