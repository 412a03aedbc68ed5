using System.Numerics;

namespace P2PShare.Engine.Transfers;

/// <summary>
/// The memory pieces are received into, for all transfers of a process: a piece is asked for only when there is a
/// buffer for it, so this is what bounds the memory a fast peer or a slow disk can cost. Safe for several threads.
/// </summary>
internal sealed class PieceBufferPool
{
    /// <summary>32 MiB: eight pieces of 4 MiB. It also bounds what a killed process loses of what it was sent.</summary>
    public const long DefaultCapacity = 32L << 20;

    private const int SmallestBuffer = 4 * 1024;

    private readonly Lock _gate = new();
    private readonly Stack<byte[]>[] _free = new Stack<byte[]>[32];
    private long _rented;
    private long _retained;
    private bool _refused;

    public PieceBufferPool(long capacity = DefaultCapacity)
    {
        Capacity = capacity;
        for (var i = 0; i < _free.Length; i++) _free[i] = new Stack<byte[]>();
    }

    /// <summary>Raised after a buffer came back to a pool that had refused one; on the returning thread, outside all locks of the pool.</summary>
    public event Action? Available;

    /// <summary>Bytes that may be rented at once.</summary>
    public long Capacity { get; }

    /// <summary>Bytes rented now.</summary>
    public long Rented
    {
        get
        {
            lock (_gate) return _rented;
        }
    }

    /// <summary>A buffer of at least <paramref name="size"/> bytes, its content arbitrary; null when the pool is used up.</summary>
    /// <param name="size">1 byte to 1 GiB.</param>
    /// <param name="force">Gives one beyond the capacity: each transfer is entitled to one piece, or the transfers would wait for one another.</param>
    public byte[]? TryRent(int size, bool force)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 1 << 30);
        var rounded = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(size, SmallestBuffer));
        lock (_gate)
        {
            if (!force && _rented + rounded > Capacity)
            {
                _refused = true;
                return null;
            }

            _rented += rounded;
            if (_free[BitOperations.Log2((uint)rounded)].TryPop(out var buffer))
            {
                _retained -= rounded;
                return buffer;
            }

            // Buffers kept for pieces of another size make room, so that the total stays bounded.
            for (var i = _free.Length - 1; i >= 0 && _rented + _retained > Capacity; i--)
            {
                while (_rented + _retained > Capacity && _free[i].TryPop(out var other)) _retained -= other.Length;
            }
        }

        return GC.AllocateUninitializedArray<byte>(rounded);
    }

    public void Return(byte[] buffer)
    {
        bool raise;
        lock (_gate)
        {
            _rented -= buffer.Length;
            if (_rented + _retained + buffer.Length <= Capacity)
            {
                _free[BitOperations.Log2((uint)buffer.Length)].Push(buffer);
                _retained += buffer.Length;
            }

            raise = _refused && _rented < Capacity;
            if (raise) _refused = false;
        }

        if (raise) Available?.Invoke();
    }

    /// <summary>Lets go of the buffers nobody uses.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            foreach (var stack in _free) stack.Clear();
            _retained = 0;
        }
    }
}
