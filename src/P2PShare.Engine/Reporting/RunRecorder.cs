using P2PShare.Engine.Catalogue;

namespace P2PShare.Engine.Reporting;

/// <summary>
/// Writes down what a peer sees of its swarm while it runs, for a report afterwards. It looks every second at what the
/// peer knows anyway, sends nothing, and keeps a bounded amount: older samples grow coarser. Thread-safe.
/// </summary>
public sealed class RunRecorder : IAsyncDisposable
{
    private const int MaxRates = 900;
    private const int MaxShares = 200;
    private const int MaxCopySamples = 300;
    private const int MaxArrivals = 20_000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IPeer _peer;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly DateTime _started;
    private readonly List<RateSample> _rates = [];
    private readonly Dictionary<string, Recorded> _shares = [];
    private readonly Dictionary<(string Share, string Peer), Arrival> _arrivals = [];
    private readonly Task _running;
    private int _stride = 1;
    private int _tick;

    public RunRecorder(IPeer peer, TimeProvider timeProvider)
    {
        _peer = peer;
        _time = timeProvider;
        _started = Now;
        _running = Task.Run(RunAsync);
    }

    /// <summary>All that was seen, up to now.</summary>
    public RunReport GetReport()
    {
        Sample();
        lock (_gate)
        {
            return new RunReport
            {
                Self = _peer.GetSelf(),
                Started = _started,
                Until = Now,
                Peers = _peer.GetPeers(),
                Linked = _peer.GetLinkedPeers().ToHashSet(StringComparer.Ordinal),
                Rates = [.. _rates],
                Shares = [.. _shares.Values.Select(recorded => new ShareRun(recorded.Share, [.. recorded.Samples])).OrderByDescending(run => run.Share.Published)],
                Arrivals = [.. _arrivals.Values.Where(arrival => arrival.Begun != arrival.Completed).OrderBy(arrival => arrival.Begun)],
                Transfers = [.. _peer.GetTransfers().Select(transfer => transfer.GetSnapshot())],
            };
        }
    }

    /// <summary>Writes no more down; what was is kept.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, _time);
        do
        {
            Sample();
        }
        while (!_peer.Completion.IsCompleted && await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
    }

    private void Sample()
    {
        if (_peer.Completion.IsCompleted) return;
        var self = _peer.GetSelf();
        var peers = _peer.GetPeers().Count;
        var shares = _peer.GetShares(new ShareQuery { AllVersions = true });
        lock (_gate)
        {
            if (_tick++ % _stride == 0) AddRate(new RateSample(Now, self.DownloadRate, self.UploadRate, peers));
            foreach (var share in shares) Add(share);
        }
    }

    private void AddRate(RateSample sample)
    {
        _rates.Add(sample);
        if (_rates.Count < MaxRates) return;
        var half = _rates.Chunk(2).Select(pair => pair[^1] with
        {
            DownloadRate = (long)pair.Average(one => one.DownloadRate),
            UploadRate = (long)pair.Average(one => one.UploadRate),
        }).ToList();
        _rates.Clear();
        _rates.AddRange(half);
        _stride *= 2;
    }

    private void Add(ShareInfo share)
    {
        if (!_shares.TryGetValue(share.InfoHash, out var recorded))
        {
            if (_shares.Count >= MaxShares) _shares.Remove(_shares.MinBy(one => one.Value.Share.Published).Key);
            _shares[share.InfoHash] = recorded = new Recorded(share);
        }

        recorded.Share = share;
        if (recorded.Samples is [.., var last] && last.Copies == share.Copies && last.PartialCopies == share.PartialCopies) return;
        if (recorded.Samples.Count >= MaxCopySamples) recorded.Samples.RemoveAt(recorded.Samples.Count / 2);
        var now = Now;
        recorded.Samples.Add(new CopySample(now, share.Copies, share.PartialCopies));
        foreach (var holder in _peer.GetHolders(share.InfoHash)) Add(share, holder, now);
    }

    private void Add(ShareInfo share, ShareHolder holder, DateTime now)
    {
        var key = (share.InfoHash, holder.PeerId);
        if (_arrivals.TryGetValue(key, out var arrival))
        {
            if (holder.IsComplete && arrival.Completed is null) _arrivals[key] = arrival with { Completed = now };
        }
        else if (_arrivals.Count < MaxArrivals)
        {
            // Who has all of it when first seen has not received it during this run, as far as can be told.
            _arrivals[key] = new Arrival(holder.Name, share.Name, share.Length, now, holder.IsComplete ? now : null);
        }
    }

    private sealed class Recorded(ShareInfo share)
    {
        public ShareInfo Share { get; set; } = share;

        public List<CopySample> Samples { get; } = [];
    }
}
