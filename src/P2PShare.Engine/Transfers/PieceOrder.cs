namespace P2PShare.Engine.Transfers;

/// <summary>
/// The pieces still to be started, kept in order of their availability so that the rarest are at hand: an array in
/// buckets, where a piece moves between neighbouring buckets by swapping with the one at their border. Every change is
/// O(1) or O(buckets). Not safe for several threads.
/// </summary>
internal sealed class PieceOrder
{
    private readonly int[] _order;
    private readonly int[] _position;
    private readonly int[] _availability;
    private readonly Random _random;

    // _ends[a] is the index after the last piece with availability a; it ends where bucket a + 1 begins.
    private int[] _ends = new int[16];

    /// <param name="pieceCount">Pieces of the share; none of them is in the order yet.</param>
    /// <param name="random">Breaks ties.</param>
    public PieceOrder(int pieceCount, Random random)
    {
        _order = new int[pieceCount];
        _position = new int[pieceCount];
        _availability = new int[pieceCount];
        _random = random;
        Array.Fill(_position, -1);
    }

    /// <summary>Pieces in the order.</summary>
    public int Count { get; private set; }

    public bool Contains(int piece) => _position[piece] >= 0;

    public int Availability(int piece) => _availability[piece];

    public void Add(int piece)
    {
        if (Contains(piece)) return;
        var availability = _availability[piece];
        EnsureBucket(availability);
        // The gap at the end travels down to the piece's bucket: each bucket above gives its first piece for its new last.
        var gap = Count++;
        for (var a = _ends.Length - 1; a > availability; a--)
        {
            var first = _ends[a - 1];
            if (first < _ends[a]) Place(_order[first], gap);
            gap = first;
            _ends[a]++;
        }

        _ends[availability]++;
        Place(piece, gap);
    }

    public void Remove(int piece)
    {
        if (!Contains(piece)) return;
        var gap = _position[piece];
        for (var a = _availability[piece]; a < _ends.Length; a++)
        {
            var last = --_ends[a];
            if (last > gap) Place(_order[last], gap);
            gap = Math.Max(gap, last);
        }

        Count--;
        _position[piece] = -1;
    }

    /// <summary>One more peer has the piece. Peers that have all of them need not be counted: they change no order.</summary>
    public void Increment(int piece)
    {
        var availability = _availability[piece]++;
        if (!Contains(piece)) return;
        EnsureBucket(availability + 1);
        var last = --_ends[availability];
        Swap(_position[piece], last);
    }

    /// <summary>One peer fewer has the piece.</summary>
    public void Decrement(int piece)
    {
        var availability = _availability[piece]--;
        if (!Contains(piece)) return;
        var first = _ends[availability - 1]++;
        Swap(_position[piece], first);
    }

    /// <summary>The rarest piece that <paramref name="candidate"/> accepts; among equally rare ones any; -1 if there is none.</summary>
    /// <param name="fromAvailability">Rarer pieces are passed over: whoever is counted has none of availability 0.</param>
    public int Rarest<TState>(TState state, Func<TState, int, bool> candidate, int fromAvailability = 0)
    {
        if (fromAvailability >= _ends.Length) return -1;
        var begin = fromAvailability == 0 ? 0 : _ends[fromAvailability - 1];
        foreach (var end in _ends.AsSpan(fromAvailability))
        {
            var length = end - begin;
            if (length > 0)
            {
                var offset = length == 1 ? 0 : _random.Next(length);
                for (var i = 0; i < length; i++)
                {
                    var piece = _order[begin + offset];
                    if (candidate(state, piece)) return piece;
                    if (++offset == length) offset = 0;
                }
            }

            if (end == Count) break;
            begin = end;
        }

        return -1;
    }

    private void EnsureBucket(int availability)
    {
        if (availability < _ends.Length) return;
        var old = _ends.Length;
        Array.Resize(ref _ends, Math.Max(availability + 1, 2 * old));
        Array.Fill(_ends, Count, old, _ends.Length - old);
    }

    private void Place(int piece, int index)
    {
        _order[index] = piece;
        _position[piece] = index;
    }

    private void Swap(int one, int other)
    {
        if (one == other) return;
        var piece = _order[one];
        Place(_order[other], one);
        Place(piece, other);
    }
}
