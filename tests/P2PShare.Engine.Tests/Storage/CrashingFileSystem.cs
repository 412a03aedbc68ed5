using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Tests.Storage;

/// <summary>
/// A file system in memory that loses power: what was not flushed is then lost, kept, or torn, by chance. Names are
/// journaled: after a cut a prefix of the renames and creations since the last folder flush is there.
/// </summary>
internal sealed class CrashingFileSystem(int seed) : IStorageFileSystem
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);
    private readonly List<Action<Dictionary<string, Node>>> _journal = [];
    private readonly Dictionary<string, Node> _durableNames = new(StringComparer.Ordinal);
    private Dictionary<string, Node> _names = new(StringComparer.Ordinal);
    private int _era;
    private int _operationsLeft = int.MaxValue;
    private bool _isOut;

    public long Available { get; set; } = long.MaxValue;

    public int Flushes { get; private set; }

    public bool PowerIsOut
    {
        get
        {
            lock (_lock) return _isOut;
        }
    }

    /// <summary>Lets the power fail after some more operations.</summary>
    public void CutAfter(int operations)
    {
        lock (_lock) _operationsLeft = operations;
    }

    /// <summary>Switches the power on again: files opened before are gone, and only what survived is there.</summary>
    public void Restore()
    {
        lock (_lock)
        {
            var kept = _journal.Count == 0 ? 0 : _random.Next(_journal.Count + 1);
            foreach (var change in _journal.Take(kept)) change(_durableNames);
            _journal.Clear();
            _names = new Dictionary<string, Node>(_durableNames, StringComparer.Ordinal);
            foreach (var node in _names.Values.Distinct()) node.Crash(_random);
            (_isOut, _operationsLeft) = (false, int.MaxValue);
            _era++;
        }
    }

    /// <summary>The content of a file, as any program would read it.</summary>
    public byte[] Content(string path)
    {
        lock (_lock) return _names[path].Current;
    }

    /// <summary>Puts a file there, durably.</summary>
    public void Put(string path, byte[] content)
    {
        lock (_lock)
        {
            var node = new Node { Current = content };
            node.Flush();
            _names[path] = _durableNames[path] = node;
        }
    }

    public IReadOnlyList<string> Files
    {
        get
        {
            lock (_lock) return [.. _names.Where(entry => !entry.Value.IsDirectory).Select(entry => entry.Key).Order(StringComparer.Ordinal)];
        }
    }

    public FileEntry Stat(string path, bool followLink = false) => Do(() => _names.TryGetValue(path, out var node)
        ? new FileEntry(node.IsDirectory ? EntryKind.Directory : EntryKind.File, node.Current.Length, node.ModifiedNs)
        : default);

    public IReadOnlyList<string> List(string path) => Do(() => (IReadOnlyList<string>)[.. _names.Keys.Where(name => Path.GetDirectoryName(name) == path).Order(StringComparer.Ordinal)]);

    public string RealPath(string path) => path;

    public IStorageFile OpenRead(string path) => Do(() => new OpenFile(this, Find(path), _era));

    public IStorageFile OpenWrite(string path, bool createNew) => Do(() =>
    {
        if (!createNew) return new OpenFile(this, Find(path), _era);
        if (_names.ContainsKey(path)) throw new IOException($"'{path}' exists.");
        if (!_names.ContainsKey(Path.GetDirectoryName(path)!)) throw new DirectoryNotFoundException(path);
        var node = new Node();
        Change(names => names[path] = node);
        return new OpenFile(this, node, _era);
    });

    public void CreateDirectory(string path) => Do(() =>
    {
        for (var folder = path; folder is not null && !_names.ContainsKey(folder); folder = Path.GetDirectoryName(folder))
        {
            var (name, node) = (folder, new Node { IsDirectory = true });
            Change(names => names[name] = node);
        }

        return 0;
    });

    public void Move(string source, string target, bool overwrite) => Do(() =>
    {
        var node = Find(source);
        if (!overwrite && _names.ContainsKey(target)) throw new IOException($"'{target}' exists.");
        Change(names =>
        {
            names.Remove(source);
            names[target] = node;
        });
        return 0;
    });

    public void Delete(string path) => Do(() =>
    {
        Change(names => names.Remove(path));
        return 0;
    });

    public void DeleteEmptyDirectory(string path) => Do(() =>
    {
        if (!_names.Keys.Any(name => Path.GetDirectoryName(name) == path)) Change(names => names.Remove(path));
        return 0;
    });

    public void FlushDirectory(string path) => Do(() =>
    {
        foreach (var change in _journal) change(_durableNames);
        _journal.Clear();
        return 0;
    });

    public bool TryFlushFileSystem(string path) => false;

    public long AvailableBytes(string path) => Available;

    public void SetDirectoryAttributes(string path, long? modifiedNs, UnixFileMode? mode) => Do(() => 0);

    private void Change(Action<Dictionary<string, Node>> change)
    {
        change(_names);
        _journal.Add(change);
    }

    private Node Find(string path) => _names.TryGetValue(path, out var node) ? node : throw new FileNotFoundException("Not there.", path);

    private T Do<T>(Func<T> operation, int era = -1)
    {
        lock (_lock)
        {
            if (_operationsLeft != int.MaxValue && --_operationsLeft <= 0) _isOut = true;
            if (_isOut || (era >= 0 && era != _era)) throw new IOException("The power is out.");
            return operation();
        }
    }

    private sealed class Node
    {
        private readonly List<(long Offset, byte[] Data)> _unflushed = [];
        private byte[] _durable = [];

        public bool IsDirectory { get; init; }

        public byte[] Current { get; set; } = [];

        public long ModifiedNs { get; set; } = 1;

        public void Write(long offset, byte[] data)
        {
            if (offset + data.Length > Current.Length) Resize(offset + data.Length);
            data.CopyTo(Current, offset);
            ModifiedNs++;
            _unflushed.Add((offset, data));
        }

        public void Resize(long length)
        {
            var current = Current;
            Array.Resize(ref current, (int)length);
            Current = current;
            ModifiedNs++;
        }

        public void Flush()
        {
            _durable = (byte[])Current.Clone();
            _unflushed.Clear();
        }

        public void Crash(Random random)
        {
            var survived = (byte[])_durable.Clone();
            if (random.Next(2) == 0) Array.Resize(ref survived, Current.Length);
            foreach (var (offset, data) in _unflushed)
            {
                // Kept, lost, or torn at a sector, and in no order.
                var kept = random.Next(3) switch { 0 => 0, 1 => data.Length, _ => random.Next(data.Length / 512 + 1) * 512 };
                kept = (int)Math.Clamp(survived.Length - offset, 0, Math.Min(kept, data.Length));
                if (kept > 0) data.AsSpan(0, kept).CopyTo(survived.AsSpan((int)offset));
            }

            Current = survived;
            Flush();
        }
    }

    private sealed class OpenFile(CrashingFileSystem owner, Node node, int era) : IStorageFile
    {
        public FileState State => owner.Do(() => new FileState(node.Current.Length, node.ModifiedNs), era);

        public string? RealPath => null;

        public int Read(Span<byte> destination, long offset)
        {
            var length = destination.Length;
            var data = owner.Do(() =>
            {
                var start = (int)Math.Min(offset, node.Current.Length);
                return node.Current.AsSpan(start, Math.Min(length, node.Current.Length - start)).ToArray();
            }, era);
            data.CopyTo(destination);
            return data.Length;
        }

        public void Write(ReadOnlySpan<byte> data, long offset)
        {
            var copy = data.ToArray();
            owner.Do(() =>
            {
                node.Write(offset, copy);
                return 0;
            }, era);
        }

        public void SetSparseLength(long length) => owner.Do(() =>
        {
            node.Resize(length);
            return 0;
        }, era);

        public long NextData(long offset) => offset;

        public void Flush() => owner.Do(() =>
        {
            owner.Flushes++;
            node.Flush();
            return 0;
        }, era);

        public void SetAttributes(long? modifiedNs, UnixFileMode? mode) => owner.Do(() => node.ModifiedNs = modifiedNs ?? node.ModifiedNs, era);

        public void Dispose()
        {
        }
    }
}
