namespace P2PShare.Engine.Transfers;

/// <summary>
/// A token bucket over bytes, shared by all sessions of a peer. Requests and answers are held back by it, never reads.
/// Safe for several threads.
/// </summary>
internal sealed class RateLimiter(TimeProvider time)
{
    private const double BurstSeconds = 0.25;
    private const long SmallestBurst = 64 * 1024;

    private readonly Lock _gate = new();
    private long _limit;
    private double _tokens;
    private long _filledAt = time.GetTimestamp();

    /// <summary>Bytes per second; null for none.</summary>
    public long? Limit
    {
        get => Interlocked.Read(ref _limit) is var limit and > 0 ? limit : null;
        set
        {
            if (value is <= 0) throw new ArgumentOutOfRangeException(nameof(value), value, "A limit is a positive number of bytes per second.");
            lock (_gate)
            {
                Interlocked.Exchange(ref _limit, value ?? 0);
                _tokens = 0;
                _filledAt = time.GetTimestamp();
            }
        }
    }

    public bool IsLimited => Interlocked.Read(ref _limit) > 0;

    /// <summary>Takes bytes when the bucket is not empty. It may go below zero by one taking, which later ones wait for.</summary>
    public bool TryTake(int bytes)
    {
        if (!IsLimited) return true;
        lock (_gate)
        {
            if (_limit <= 0) return true;
            var now = time.GetTimestamp();
            var burst = Math.Max(SmallestBurst, _limit * BurstSeconds);
            _tokens = Math.Min(burst, _tokens + _limit * time.GetElapsedTime(_filledAt, now).TotalSeconds);
            _filledAt = now;
            if (_tokens <= 0) return false;
            _tokens -= bytes;
            return true;
        }
    }

    /// <summary>Gives back what was taken for a request that will not be answered.</summary>
    public void Return(int bytes)
    {
        if (!IsLimited) return;
        lock (_gate) _tokens += bytes;
    }
}
