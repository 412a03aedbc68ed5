namespace P2PShare.Engine.Transfers;

/// <summary>
/// How many requests a peer should have outstanding: its rate times the delay. While the pipeline is what limits the
/// rate, blocks come back sooner than <see cref="SlackSeconds"/> and the product grows from one measurement to the next;
/// when the peer's own rate limits it, the queue in front of it settles at about that slack. Counted in blocks of 16 KiB:
/// a smaller one, of a small file, counts as one, and a longer one as several. Used under the gate of the <see cref="DownloadQueue"/>.
/// </summary>
internal sealed class PipelineSizer(TimeProvider time)
{
    /// <summary>Blocks to begin with: half a MiB.</summary>
    public const int InitialDepth = 32;

    public const int MinDepth = 2;

    public const int MaxDepth = 1500;

    // Of a peer with some blocks per second little is asked at a time, so that others can have what it would be long in
    // bringing; of a fast one at least ten blocks, for they come many at once.
    private const double SlackSeconds = 0.03;
    private const double SlowSlackSeconds = 0.1;
    private const double MostSlowSlack = 8;
    private static readonly TimeSpan ShortestSample = TimeSpan.FromMilliseconds(50);

    private int _max = MaxDepth;
    private long _since;
    private long _pausedAt;
    private int _blocks;
    private double _rate;

    /// <summary>Blocks the peer may have outstanding.</summary>
    public int Depth { get; private set; } = InitialDepth;

    /// <summary>Blocks per second, as last measured; 0 while unknown.</summary>
    public double Rate => _rate;

    /// <summary>Takes over the peer's <c>reqq</c> (BEP 10).</summary>
    public void LimitTo(int max)
    {
        _max = Math.Clamp(max, 1, MaxDepth);
        Depth = Math.Min(Depth, _max);
    }

    /// <summary>So many blocks have come.</summary>
    public void Count(int blocks = 1) => _blocks += blocks;

    /// <summary>The peer has brought all it was asked for: the time until <see cref="Resume"/> says nothing about its rate.</summary>
    public void Pause() => _pausedAt = time.GetTimestamp();

    /// <summary>
    /// The peer is asked again. What it brought before counts: when a short pipeline runs dry between two batches of
    /// what is read, nothing else would ever be measured.
    /// </summary>
    public void Resume() => _since += time.GetTimestamp() - _pausedAt;

    /// <summary>Measures anew when enough time has passed.</summary>
    public void Update(TimeSpan roundTrip)
    {
        if (_blocks == 0) return;
        var now = time.GetTimestamp();
        var elapsed = time.GetElapsedTime(_since, now);
        if (elapsed < ShortestSample || elapsed < roundTrip) return;
        var rate = _blocks / elapsed.TotalSeconds;
        _rate = _rate == 0 || rate > _rate ? rate : 0.5 * (_rate + rate);
        _since = now;
        _blocks = 0;

        var target = MinDepth + Math.Min(_rate * SlowSlackSeconds, MostSlowSlack) + _rate * (2 * roundTrip.TotalSeconds + SlackSeconds);
        var next = Math.Clamp(target, 0.75 * Depth, 2.0 * Depth);
        Depth = Math.Clamp((int)next, Math.Min(MinDepth, _max), _max);
    }
}
