namespace P2PShare.Engine.Transfers;

/// <summary>
/// A token bucket over bytes, shared by all sessions of a peer or of a transfer. Requests and answers are held back by
/// it, never reads. It begins empty, so the first second is as exact as any other. Safe for several threads.
/// </summary>
internal sealed class RateLimiter(TimeProvider time)
{
    // Time that may pass unused and be made up for: a thread that runs late must not cost rate.
    private const double BurstSeconds = 0.4;

    private readonly Lock _gate = new();
    private long _limit;
    private double _tokens;
    private long _filledAt = time.GetTimestamp();

    /// <summary>Bytes per second; null for none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not positive.</exception>
    public long? Limit
    {
        get => Interlocked.Read(ref _limit) is var limit and > 0 ? limit : null;
        set
        {
            ThrowIfInvalid(value, nameof(value));
            lock (_gate)
            {
                Interlocked.Exchange(ref _limit, value ?? 0);
                // A debt stays one: what came too much is waited for under the new limit as well.
                _tokens = value is null ? 0 : Math.Min(0, _tokens);
                _filledAt = time.GetTimestamp();
            }
        }
    }

    public bool IsLimited => Interlocked.Read(ref _limit) > 0;

    /// <summary>Whether something may be taken now.</summary>
    public bool HasTokens
    {
        get
        {
            if (!IsLimited) return true;
            lock (_gate)
            {
                Refill();
                return _limit <= 0 || _tokens > 0;
            }
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">It is neither null nor positive.</exception>
    public static void ThrowIfInvalid(long? limit, string name)
    {
        if (limit is <= 0) throw new ArgumentOutOfRangeException(name, limit, "A limit is a positive number of bytes per second.");
    }

    /// <summary>Takes bytes when the bucket is not empty. It may go below zero by one taking, which later ones wait for.</summary>
    public bool TryTake(int bytes)
    {
        if (!HasTokens) return false;
        Take(bytes);
        return true;
    }

    /// <summary>Takes bytes whether they are there or not: what is missing is waited for by later takings.</summary>
    public void Take(int bytes)
    {
        if (!IsLimited) return;
        lock (_gate) _tokens -= bytes;
    }

    /// <summary>Gives back what was taken for something that will not be transferred.</summary>
    public void Return(int bytes)
    {
        if (!IsLimited) return;
        lock (_gate) _tokens += bytes;
    }

    private void Refill()
    {
        if (_limit <= 0) return;
        var now = time.GetTimestamp();
        _tokens = Math.Min(_limit * BurstSeconds, _tokens + _limit * time.GetElapsedTime(_filledAt, now).TotalSeconds);
        _filledAt = now;
    }
}
