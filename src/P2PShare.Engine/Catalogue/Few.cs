namespace P2PShare.Engine.Catalogue;

/// <summary>A collection that mostly has one item or two, and takes no more than these need. In no order. Not thread-safe; a copy shares what it holds.</summary>
internal struct Few<T>
    where T : class
{
    // The one item, or an array of them.
    private object? _items;

    public int Count { get; private set; }

    public readonly T this[int index] => _items is T[] several ? several[index] : (T)_items!;

    public void Add(T item)
    {
        switch (_items)
        {
            case null:
                _items = item;
                break;
            case T[] several:
                if (Count == several.Length) Array.Resize(ref several, 2 * Count);
                several[Count] = item;
                _items = several;
                break;
            default:
                _items = new[] { (T)_items, item };
                break;
        }

        Count++;
    }

    /// <summary>Takes an item out, if it is there.</summary>
    public void Remove(T item)
    {
        if (_items is T[] several)
        {
            var index = Array.IndexOf(several, item, 0, Count);
            if (index < 0) return;
            several[index] = several[--Count];
            several[Count] = null!;
            if (Count == 0) _items = null;
        }
        else if (ReferenceEquals(_items, item))
        {
            _items = null;
            Count = 0;
        }
    }
}
