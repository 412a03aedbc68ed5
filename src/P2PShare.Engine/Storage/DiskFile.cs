using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace P2PShare.Engine.Storage;

/// <summary>A file of the machine.</summary>
internal sealed class DiskFile(SafeFileHandle handle) : IStorageFile
{
    // Linux caches what one call writes in blocks of memory as large as the call. The largest are those that a virtual
    // machine has most likely given back to its host, and to get one back costs ten times the writing.
    private const int MostAtOnce = 128 * 1024;

    private readonly SafeFileHandle _handle = handle;

    public FileState State
    {
        get
        {
            if (!OperatingSystem.IsLinux()) return new(RandomAccess.GetLength(_handle), UnixNanoseconds.From(File.GetLastWriteTimeUtc(_handle)));
            var entry = LinuxNative.Stat(_handle);
            return new(entry.Length, entry.ModifiedNs);
        }
    }

    public string? RealPath
    {
        get
        {
            if (OperatingSystem.IsWindows()) return WindowsNative.RealPath(_handle);
            if (!OperatingSystem.IsLinux()) return null;
            var link = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_handle.DangerousGetHandle()}");
            return new FileInfo(link).LinkTarget;
        }
    }

    public int Read(Span<byte> destination, long offset)
    {
        var total = 0;
        while (total < destination.Length)
        {
            var count = RandomAccess.Read(_handle, destination[total..], offset + total);
            if (count == 0) break;
            total += count;
        }

        return total;
    }

    public void Write(ReadOnlySpan<byte> data, long offset)
    {
        do
        {
            var part = data[..Math.Min(data.Length, MostAtOnce)];
            RandomAccess.Write(_handle, part, offset);
            data = data[part.Length..];
            offset += part.Length;
        }
        while (!data.IsEmpty);
    }

    public void SetSparseLength(long length)
    {
        if (OperatingSystem.IsWindows()) WindowsNative.SetSparse(_handle);
        RandomAccess.SetLength(_handle, length);
    }

    public long NextData(long offset) => OperatingSystem.IsLinux() ? LinuxNative.NextData(_handle, offset) : offset;

    public void Flush() => RandomAccess.FlushToDisk(_handle);

    public void SetAttributes(long? modifiedNs, UnixFileMode? mode)
    {
        if (mode is not null && !OperatingSystem.IsWindows()) File.SetUnixFileMode(_handle, mode.Value);
        if (modifiedNs is null) return;
        if (OperatingSystem.IsLinux()) LinuxNative.SetModified(_handle, modifiedNs.Value);
        else File.SetLastWriteTimeUtc(_handle, UnixNanoseconds.ToDateTime(modifiedNs.Value));
    }

    public void Dispose() => _handle.Dispose();
}
