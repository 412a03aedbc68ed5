using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Tests.Storage;

/// <summary>The machine's file system (or another) with faults put in: each hook may return an exception to be thrown.</summary>
internal sealed class FaultyFileSystem(IStorageFileSystem? inner = null) : IStorageFileSystem
{
    private readonly IStorageFileSystem _inner = inner ?? DiskFileSystem.Instance;
    private int _reads;
    private int _openFiles;
    private int _opened;

    public Func<string, Exception?>? OnOpenRead { get; set; }

    public Func<string, Exception?>? OnOpenWrite { get; set; }

    public Func<string, Exception?>? OnRead { get; set; }

    public Func<string, Exception?>? OnWrite { get; set; }

    public Func<string, Exception?>? OnFlush { get; set; }

    public Func<string, Exception?>? OnMove { get; set; }

    /// <summary>Called with the new path when a file has been renamed.</summary>
    public Action<string>? AfterMove { get; set; }

    public long? Available { get; set; }

    /// <summary>As <see cref="Available"/>, where that is not given, by the path that is asked for.</summary>
    public Func<string, long>? AvailableAt { get; set; }

    public int Reads => Volatile.Read(ref _reads);

    public int OpenFiles => Volatile.Read(ref _openFiles);

    public int Opened => Volatile.Read(ref _opened);

    public FileEntry Stat(string path, bool followLink = false) => _inner.Stat(path, followLink);

    public IReadOnlyList<string> List(string path) => _inner.List(path);

    public string RealPath(string path) => _inner.RealPath(path);

    public IStorageFile OpenRead(string path)
    {
        Check(OnOpenRead, path);
        return new FaultyFile(this, _inner.OpenRead(path), path);
    }

    public IStorageFile OpenWrite(string path, bool createNew)
    {
        Check(OnOpenWrite, path);
        return new FaultyFile(this, _inner.OpenWrite(path, createNew), path);
    }

    public void CreateDirectory(string path) => _inner.CreateDirectory(path);

    public void Move(string source, string target, bool overwrite)
    {
        Check(OnMove, target);
        _inner.Move(source, target, overwrite);
        AfterMove?.Invoke(target);
    }

    public void Delete(string path) => _inner.Delete(path);

    public void DeleteEmptyDirectory(string path) => _inner.DeleteEmptyDirectory(path);

    public void FlushDirectory(string path) => _inner.FlushDirectory(path);

    public bool TryFlushFileSystem(string path)
    {
        Check(OnFlush, path);
        return _inner.TryFlushFileSystem(path);
    }

    public long AvailableBytes(string path) => Available ?? AvailableAt?.Invoke(path) ?? _inner.AvailableBytes(path);

    public void SetDirectoryAttributes(string path, long? modifiedNs, UnixFileMode? mode) => _inner.SetDirectoryAttributes(path, modifiedNs, mode);

    private static void Check(Func<string, Exception?>? hook, string path)
    {
        if (hook?.Invoke(path) is { } error) throw error;
    }

    private sealed class FaultyFile : IStorageFile
    {
        private readonly FaultyFileSystem _owner;
        private readonly IStorageFile _file;
        private readonly string _path;
        private int _isDisposed;

        public FaultyFile(FaultyFileSystem owner, IStorageFile file, string path)
        {
            (_owner, _file, _path) = (owner, file, path);
            Interlocked.Increment(ref owner._openFiles);
            Interlocked.Increment(ref owner._opened);
        }

        public FileState State => _file.State;

        public string? RealPath => _file.RealPath;

        public int Read(Span<byte> destination, long offset)
        {
            Interlocked.Increment(ref _owner._reads);
            Check(_owner.OnRead, _path);
            return _file.Read(destination, offset);
        }

        public void Write(ReadOnlySpan<byte> data, long offset)
        {
            Check(_owner.OnWrite, _path);
            _file.Write(data, offset);
        }

        public void SetSparseLength(long length) => _file.SetSparseLength(length);

        public long NextData(long offset) => _file.NextData(offset);

        public void Flush()
        {
            Check(_owner.OnFlush, _path);
            _file.Flush();
        }

        public void SetAttributes(long? modifiedNs, UnixFileMode? mode) => _file.SetAttributes(modifiedNs, mode);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0) Interlocked.Decrement(ref _owner._openFiles);
            _file.Dispose();
        }
    }
}
