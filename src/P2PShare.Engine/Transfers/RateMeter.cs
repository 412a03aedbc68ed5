namespace P2PShare.Engine.Transfers;

/// <summary>Counts bytes and tells a smoothed rate. Safe for several threads; <see cref="Add"/> is one interlocked addition.</summary>
internal sealed class RateMeter
{
    private const double TimeConstantSeconds = 2;
    private static readonly TimeSpan ShortestSample = TimeSpan.FromMilliseconds(250);

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private long _total;
    private long _sampledTotal;
    private long _sampledAt;
    private double _rate;
    private bool _hasRate;

    public RateMeter(TimeProvider time)
    {
        _time = time;
        _sampledAt = time.GetTimestamp();
    }

    /// <summary>Bytes counted so far.</summary>
    public long Total => Interlocked.Read(ref _total);

    public void Add(long bytes) => Interlocked.Add(ref _total, bytes);

    /// <summary>Bytes per second, smoothed over about two seconds.</summary>
    public long BytesPerSecond
    {
        get
        {
            lock (_gate)
            {
                var now = _time.GetTimestamp();
                var elapsed = _time.GetElapsedTime(_sampledAt, now);
                if (elapsed >= ShortestSample)
                {
                    var total = Total;
                    var rate = (total - _sampledTotal) / elapsed.TotalSeconds;
                    // The first sample stands for itself: a short transfer should not seem slower than it was.
                    var weight = _hasRate ? 1 - Math.Exp(-elapsed.TotalSeconds / TimeConstantSeconds) : 1;
                    _rate += weight * (rate - _rate);
                    _hasRate = _rate > 0;
                    _sampledTotal = total;
                    _sampledAt = now;
                }

                return (long)_rate;
            }
        }
    }
}
