using System.Numerics;

namespace P2PShare.Engine.Storage;

/// <summary>A set of piece numbers. Any member may be called from any thread; none takes a lock.</summary>
internal sealed class PieceSet
{
    private readonly ulong[] _words;
    private int _count;

    /// <param name="capacity">One more than the largest number it can hold.</param>
    public PieceSet(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        Capacity = capacity;
        _words = new ulong[(capacity + 63) / 64];
    }

    public int Capacity { get; }

    /// <summary>How many it holds.</summary>
    public int Count => Volatile.Read(ref _count);

    public bool Contains(int piece)
    {
        CheckRange(piece);
        return (Volatile.Read(ref _words[piece >> 6]) >> (piece & 63) & 1) != 0;
    }

    /// <returns>Whether it was not there before.</returns>
    public bool Add(int piece)
    {
        CheckRange(piece);
        var bit = 1UL << (piece & 63);
        if ((Interlocked.Or(ref _words[piece >> 6], bit) & bit) != 0) return false;
        Interlocked.Increment(ref _count);
        return true;
    }

    /// <returns>Whether it was there.</returns>
    public bool Remove(int piece)
    {
        CheckRange(piece);
        var bit = 1UL << (piece & 63);
        if ((Interlocked.And(ref _words[piece >> 6], ~bit) & bit) == 0) return false;
        Interlocked.Decrement(ref _count);
        return true;
    }

    /// <summary>One bit a piece, the lowest bit of each byte first, as many bytes as needed.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[(Capacity + 7) / 8];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)(Volatile.Read(ref _words[i >> 3]) >> ((i & 7) * 8));
        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote; null when it is not that of a set of this capacity.</summary>
    public static PieceSet? FromBytes(ReadOnlySpan<byte> bytes, int capacity)
    {
        if (bytes.Length != (capacity + 7) / 8) return null;
        if ((capacity & 7) != 0 && bytes[^1] >> (capacity & 7) != 0) return null;
        var set = new PieceSet(capacity);
        for (var i = 0; i < bytes.Length; i++) set._words[i >> 3] |= (ulong)bytes[i] << ((i & 7) * 8);
        foreach (var word in set._words) set._count += BitOperations.PopCount(word);
        return set;
    }

    private void CheckRange(int piece) => ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)piece, (uint)Capacity, nameof(piece));
}
