using System.Runtime.InteropServices;

namespace P2PShare.Engine.Catalogue;

/// <summary>
/// What is known under each name, without regard to case. The names lie one behind the other besides, since a search by
/// wildcard looks at all of them and would spend its time waiting for memory. Not thread-safe.
/// </summary>
internal sealed class NameTable<T>
    where T : class
{
    // No name of a share is longer than 255.
    private const int ChunkSize = 32 * 1024;
    private const int FewForgotten = 1024;

    private readonly Dictionary<string, int> _lineOf = new(StringComparer.OrdinalIgnoreCase);
    private List<Line> _lines = [];
    private List<char[]> _chunks = [];
    private int _used = ChunkSize;

    public T? Find(string name) => _lineOf.TryGetValue(name, out var line) ? _lines[line].Value : null;

    public void Set(string name, T value)
    {
        ref var line = ref CollectionsMarshal.GetValueRefOrAddDefault(_lineOf, name, out var isKnown);
        if (isKnown)
        {
            CollectionsMarshal.AsSpan(_lines)[line].Value = value;
            return;
        }

        line = _lines.Count;
        Append(name, value);
    }

    public void Remove(string name)
    {
        if (!_lineOf.Remove(name, out var line)) return;
        CollectionsMarshal.AsSpan(_lines)[line].Value = null;
        if (_lines.Count - _lineOf.Count > Math.Max(FewForgotten, _lineOf.Count)) Rewrite();
    }

    /// <summary>What is known under the names that a filter lets through.</summary>
    public List<T> Match(ShareFilter filter)
    {
        var found = new List<T>();
        foreach (ref readonly var line in CollectionsMarshal.AsSpan(_lines))
        {
            if (line.Value is { } value && filter.IsName(_chunks[line.Chunk].AsSpan(line.Start, line.Length))) found.Add(value);
        }

        return found;
    }

    private void Append(string name, T value)
    {
        if (_used + name.Length > ChunkSize)
        {
            _chunks.Add(new char[Math.Max(ChunkSize, name.Length)]);
            _used = 0;
        }

        name.CopyTo(_chunks[^1].AsSpan(_used));
        _lines.Add(new Line { Value = value, Chunk = _chunks.Count - 1, Start = _used, Length = name.Length });
        _used += name.Length;
    }

    // Most of the lines are of names that are gone.
    private void Rewrite()
    {
        var before = _lines;
        (_lines, _chunks, _used) = ([], [], ChunkSize);
        foreach (var name in _lineOf.Keys)
        {
            ref var line = ref CollectionsMarshal.GetValueRefOrNullRef(_lineOf, name);
            var value = before[line].Value!;
            line = _lines.Count;
            Append(name, value);
        }
    }

    private struct Line
    {
        public T? Value;
        public int Chunk;
        public int Start;
        public int Length;
    }
}
