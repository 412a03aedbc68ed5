namespace P2PShare.Engine.Storage;

/// <summary>The file system of the machine.</summary>
internal sealed class DiskFileSystem : IStorageFileSystem
{
    private const FileShare ShareAll = FileShare.ReadWrite | FileShare.Delete;
    private const int MaxLinks = 40;

    public static DiskFileSystem Instance { get; } = new();

    public FileEntry Stat(string path, bool followLink = false)
    {
        if (OperatingSystem.IsLinux()) return LinuxNative.Stat(path, followLink);
        try
        {
            FileSystemInfo info = new FileInfo(path);
            if (!info.Attributes.HasFlag(FileAttributes.ReparsePoint) || info.LinkTarget is null) return Describe(info);
            if (!followLink) return new(EntryKind.Link, 0, UnixNanoseconds.From(info.LastWriteTimeUtc));
            return info.ResolveLinkTarget(returnFinalTarget: true) is { Exists: true } target ? Describe(target) : default;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return default;
        }
    }

    public IReadOnlyList<string> List(string path)
    {
        var entries = Directory.GetFileSystemEntries(path);
        Array.Sort(entries, StringComparer.Ordinal);
        return entries;
    }

    public string RealPath(string path)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (OperatingSystem.IsWindows()) return WindowsNative.RealPathOfDirectory(path) ?? path;

        var pending = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var real = "/";
        var links = 0;
        while (pending.TryPop(out var part))
        {
            if (part == ".") continue;
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? "/";
                continue;
            }

            var next = Path.Combine(real, part);
            var target = new FileInfo(next).LinkTarget;
            if (target is null)
            {
                real = next;
                continue;
            }

            if (++links > MaxLinks) throw new IOException($"Too many symbolic links : '{path}'");
            if (target.StartsWith('/')) real = "/";
            foreach (var piece in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()) pending.Push(piece);
        }

        return real;
    }

    public IStorageFile OpenRead(string path) => new DiskFile(File.OpenHandle(path, FileMode.Open, FileAccess.Read, ShareAll));

    public IStorageFile OpenWrite(string path, bool createNew)
    {
        try
        {
            return new DiskFile(File.OpenHandle(path, createNew ? FileMode.CreateNew : FileMode.Open, FileAccess.ReadWrite, ShareAll));
        }
        catch (UnauthorizedAccessException) when (!createNew && !OperatingSystem.IsWindows())
        {
            // A partial file may have got its final, read-only mode right before an interruption.
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return new DiskFile(File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, ShareAll));
        }
    }

    public IStorageFile? TryCreate(string realPath) =>
        OperatingSystem.IsLinux() && LinuxNative.TryCreate(realPath) is { } handle ? new DiskFile(handle) : null;

    public void CreateDirectory(string path) => Directory.CreateDirectory(path);

    public void Move(string source, string target, bool overwrite)
    {
        // .NET looks at both names first, and would not notice what appears at the target after that.
        if (!OperatingSystem.IsLinux() || !LinuxNative.TryRename(source, target, overwrite)) File.Move(source, target, overwrite);
    }

    public void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing there is what was wanted.
        }
    }

    public void DeleteEmptyDirectory(string path)
    {
        try
        {
            Directory.Delete(path, recursive: false);
        }
        catch (IOException)
        {
            // Not empty, or not there.
        }
    }

    public void FlushDirectory(string path)
    {
        if (!OperatingSystem.IsWindows()) UnixNative.FlushDirectory(path);
    }

    public bool TryFlushFileSystem(string path) => OperatingSystem.IsLinux() && LinuxNative.TryFlushFileSystem(path);

    public long AvailableBytes(string path)
    {
        try
        {
            return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(path)! : path).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A UNC path on Windows, for one: then the first write that fails tells.
            return long.MaxValue;
        }
    }

    public void SetDirectoryAttributes(string path, long? modifiedNs, UnixFileMode? mode)
    {
        if (mode is not null && !OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode.Value);
        if (modifiedNs is null) return;
        if (OperatingSystem.IsLinux()) LinuxNative.SetModified(path, modifiedNs.Value);
        else Directory.SetLastWriteTimeUtc(path, UnixNanoseconds.ToDateTime(modifiedNs.Value));
    }

    private static FileEntry Describe(FileSystemInfo info)
    {
        var attributes = info.Attributes;
        var isDirectory = attributes.HasFlag(FileAttributes.Directory);
        return new FileEntry(
            isDirectory ? EntryKind.Directory : attributes.HasFlag(FileAttributes.Device) ? EntryKind.Special : EntryKind.File,
            isDirectory ? 0 : new FileInfo(info.FullName).Length,
            UnixNanoseconds.From(info.LastWriteTimeUtc),
            OperatingSystem.IsWindows() ? null : info.UnixFileMode);
    }
}
