namespace P2PShare.Cli.Watch;

/// <summary>The last values of something that changes, drawn as a line of blocks.</summary>
internal sealed class Sparkline(int capacity)
{
    private const string Blocks = "▁▂▃▄▅▆▇█";

    private readonly Queue<long> _values = new();

    public long Last { get; private set; }

    public void Add(long value)
    {
        Last = value;
        _values.Enqueue(value);
        while (_values.Count > capacity) _values.Dequeue();
    }

    /// <summary>The newest <paramref name="width"/> values, the newest at the right; the highest of them fills its cell, and nothing is a blank.</summary>
    public string Draw(int width)
    {
        var shown = _values.Skip(Math.Max(0, _values.Count - width)).ToList();
        var highest = Math.Max(1, shown.DefaultIfEmpty().Max());
        var line = string.Concat(shown.Select(value => value <= 0 ? ' ' : Blocks[(int)Math.Min(Blocks.Length - 1, value * Blocks.Length / highest)]));
        return line.PadLeft(Math.Max(0, width));
    }
}
