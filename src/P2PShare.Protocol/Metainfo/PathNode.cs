using System.Text;

namespace P2PShare.Protocol.Metainfo;

/// <summary>
/// One entry of a file tree. Files hold their directory by reference and not their whole path, so that a small hostile
/// tree of deep paths cannot blow up in memory.
/// </summary>
internal sealed class PathNode
{
    public static PathNode Root { get; } = new();

    private readonly PathNode? _parent;
    private readonly ReadOnlyMemory<byte> _rawName;

    private PathNode() => Name = "";

    public PathNode(PathNode parent, ReadOnlyMemory<byte> rawName)
    {
        _parent = parent;
        _rawName = rawName;
        Depth = parent.Depth + 1;
        Name = Encoding.UTF8.GetString(rawName.Span);
    }

    public string Name { get; }

    public int Depth { get; }

    public PathNode Parent => _parent ?? throw new InvalidOperationException("The root has no parent.");

    public ReadOnlySpan<byte> RawName => _rawName.Span;

    public string[] Components() => Collect(static node => node.Name);

    public ReadOnlyMemory<byte>[] RawComponents() => Collect(static node => node._rawName);

    private T[] Collect<T>(Func<PathNode, T> select)
    {
        var components = new T[Depth];
        for (var node = this; node.Depth > 0; node = node.Parent) components[node.Depth - 1] = select(node);
        return components;
    }
}
