using System.Runtime.CompilerServices;

namespace P2PShare.Engine.Storage;

/// <summary>
/// Keeps the files used last open, up to a number, for all shares of a peer: opening a file for each 16 KiB block costs
/// more than reading it, and a peer may have far more files than a process may open. Thread-safe. A file that is in use
/// when it drops out is closed by whoever uses it last.
/// </summary>
internal sealed class FileHandleCache : IDisposable
{
    public const int DefaultCapacity = 128;

    private readonly Lock _lock = new();
    private readonly Dictionary<Key, Entry> _entries = [];
    private readonly object[] _openers = [.. Enumerable.Range(0, 32).Select(_ => new object())];
    private readonly int _capacity;
    private Entry? _newest;
    private Entry? _oldest;
    private bool _isDisposed;

    public FileHandleCache(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
    }

    /// <summary>How many files are kept open.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _entries.Count;
        }
    }

    /// <summary>A file of <paramref name="opener"/>, opened if it is not open; dispose the lease soon.</summary>
    public Lease Acquire(IFileOpener opener, int file)
    {
        var key = new Key(opener, file);
        if (TryAcquire(key) is { } open) return new Lease(this, open);

        // Two threads must not both create one file, and opening must not hold up those who find theirs open.
        lock (_openers[(key.GetHashCode() & int.MaxValue) % _openers.Length])
        {
            if (TryAcquire(key) is { } meanwhile) return new Lease(this, meanwhile);
            return new Lease(this, Insert(key, Open(opener, file)));
        }
    }

    /// <summary>Closes a file, or lets its users close it.</summary>
    public void Evict(IFileOpener opener, int file)
    {
        IStorageFile? toClose = null;
        lock (_lock)
        {
            if (_entries.TryGetValue(new Key(opener, file), out var entry)) toClose = Remove(entry);
        }

        toClose?.Dispose();
    }

    /// <summary>Closes all files of <paramref name="opener"/>.</summary>
    public void EvictAll(IFileOpener opener) => EvictWhere(entry => ReferenceEquals(entry.Key.Opener, opener));

    public void Dispose()
    {
        lock (_lock) _isDisposed = true;
        EvictWhere(_ => true);
    }

    private IStorageFile Open(IFileOpener opener, int file)
    {
        try
        {
            return opener.OpenFile(file);
        }
        catch (Exception error) when (StorageErrors.IsOutOfHandles(error))
        {
            // The process may have fewer handles to give than we thought: give ours back and try once more.
            EvictWhere(_ => true);
            return opener.OpenFile(file);
        }
    }

    private void EvictWhere(Func<Entry, bool> condition)
    {
        List<IStorageFile> toClose = [];
        lock (_lock)
        {
            foreach (var entry in _entries.Values.Where(condition).ToArray())
            {
                if (Remove(entry) is { } file) toClose.Add(file);
            }
        }

        foreach (var file in toClose) file.Dispose();
    }

    private Entry? TryAcquire(Key key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var entry)) return null;
            entry.Users++;
            if (!ReferenceEquals(entry, _newest))
            {
                Unlink(entry);
                Link(entry);
            }

            return entry;
        }
    }

    private Entry Insert(Key key, IStorageFile file)
    {
        var entry = new Entry(key, file) { Users = 1 };
        IStorageFile? toClose = null;
        lock (_lock)
        {
            if (_isDisposed)
            {
                // Not kept: its one user closes it.
                entry.IsEvicted = true;
                return entry;
            }

            if (_entries.Count >= _capacity) toClose = Remove(_oldest!);
            _entries.Add(key, entry);
            Link(entry);
        }

        toClose?.Dispose();
        return entry;
    }

    /// <summary>Returns the file if nobody uses it, for the caller to close outside the lock.</summary>
    private IStorageFile? Remove(Entry entry)
    {
        _entries.Remove(entry.Key);
        Unlink(entry);
        entry.IsEvicted = true;
        return entry.Users == 0 ? entry.File : null;
    }

    private void Release(Entry entry)
    {
        bool close;
        lock (_lock) close = --entry.Users == 0 && entry.IsEvicted;
        if (close) entry.File.Dispose();
    }

    private void Link(Entry entry)
    {
        (entry.Older, entry.Newer) = (_newest, null);
        if (_newest is not null) _newest.Newer = entry;
        _newest = entry;
        _oldest ??= entry;
    }

    private void Unlink(Entry entry)
    {
        if (entry.Older is not null) entry.Older.Newer = entry.Newer;
        else _oldest = entry.Newer;
        if (entry.Newer is not null) entry.Newer.Older = entry.Older;
        else _newest = entry.Older;
        (entry.Older, entry.Newer) = (null, null);
    }

    /// <summary>The use of an open file, until disposed (once).</summary>
    public readonly struct Lease : IDisposable
    {
        private readonly FileHandleCache _cache;
        private readonly Entry _entry;

        internal Lease(FileHandleCache cache, Entry entry) => (_cache, _entry) = (cache, entry);

        public IStorageFile File => _entry.File;

        public void Dispose() => _cache.Release(_entry);
    }

    internal readonly struct Key(IFileOpener opener, int file) : IEquatable<Key>
    {
        public IFileOpener Opener { get; } = opener;

        private readonly int _file = file;

        public bool Equals(Key other) => ReferenceEquals(Opener, other.Opener) && _file == other._file;

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode() => HashCode.Combine(RuntimeHelpers.GetHashCode(Opener), _file);
    }

    internal sealed class Entry(Key key, IStorageFile file)
    {
        public Key Key { get; } = key;

        public IStorageFile File { get; } = file;

        public int Users { get; set; }

        public bool IsEvicted { get; set; }

        public Entry? Older { get; set; }

        public Entry? Newer { get; set; }
    }
}
