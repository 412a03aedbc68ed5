using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Membership;

namespace P2PShare.Cli.Watch;

/// <summary>What the swarm looks like now, and how fast it was: sampled from a peer, read by one view.</summary>
internal sealed class WatchModel(IPeer peer) : IAsyncDisposable
{
    // Each share under watch costs the coordinator a message a second.
    private const int MaxWatched = 8;
    private const int History = 120;

    private readonly Dictionary<string, Watched> _watched = [];
    private readonly Dictionary<string, Sparkline> _rates = [];

    public string SwarmName => peer.SwarmName;

    public string Name => peer.Name;

    public PeerState State => peer.State;

    public IReadOnlyList<PeerInfo> Peers { get; private set; } = [];

    /// <summary>Newest first.</summary>
    public IReadOnlyList<ShareInfo> Shares { get; private set; } = [];

    /// <summary>Those on their way, fastest first.</summary>
    public IReadOnlyList<PeerProgress> Transfers { get; private set; } = [];

    /// <summary>Bytes per second that all peers together receive.</summary>
    public Sparkline Total { get; } = new(History);

    public Sparkline RateOf(string peerId)
    {
        if (!_rates.TryGetValue(peerId, out var rate)) _rates[peerId] = rate = new Sparkline(History);
        return rate;
    }

    public IReadOnlyList<ShareHolder> HoldersOf(ShareInfo share) => peer.GetHolders(share.InfoHash);

    /// <summary>Takes the next sample.</summary>
    public async Task SampleAsync()
    {
        Peers = [.. peer.GetPeers().OrderBy(p => p.Role == PeerRole.Member).ThenBy(p => p.Role).ThenBy(p => p.Name, StringComparer.OrdinalIgnoreCase)];
        Shares = [.. peer.GetShares(new ShareQuery()).OrderByDescending(s => s.Published)];
        await FollowAsync().ConfigureAwait(false);
        Transfers =
        [
            .. _watched.Values.SelectMany(w => w.Latest)
                .Where(p => p.State is PeerProgressState.Receiving or PeerProgressState.Waiting or PeerProgressState.Suspended or PeerProgressState.Failed)
                .OrderByDescending(p => p.DownloadRate).ThenBy(p => p.PeerName, StringComparer.OrdinalIgnoreCase),
        ];
        var rates = Transfers.ToLookup(p => p.PeerId, p => p.DownloadRate);
        foreach (var p in Peers) RateOf(p.PeerId).Add(rates[p.PeerId].Sum());
        foreach (var gone in _rates.Keys.Except(Peers.Select(p => p.PeerId)).ToList()) _rates.Remove(gone);
        Total.Add(Transfers.Sum(p => p.DownloadRate));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var watched in _watched.Values) await watched.DisposeAsync().ConfigureAwait(false);
        _watched.Clear();
    }

    // Only shares that somebody has a part of are on their way to somebody.
    private async Task FollowAsync()
    {
        var moving = Shares.Where(s => s.PartialCopies > 0).Take(MaxWatched).Select(s => s.InfoHash).ToHashSet();
        foreach (var (share, watched) in _watched.Where(w => !moving.Contains(w.Key) || w.Value.Ended.IsCompleted).ToList())
        {
            await watched.DisposeAsync().ConfigureAwait(false);
            _watched.Remove(share);
        }

        foreach (var share in moving.Where(s => !_watched.ContainsKey(s))) _watched[share] = new Watched(peer, share);
    }

    private sealed class Watched : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private volatile IReadOnlyList<PeerProgress> _latest = [];

        public Watched(IPeer peer, string share) => Ended = Task.Run(() => RunAsync(peer, share, _stop.Token));

        public IReadOnlyList<PeerProgress> Latest => _latest;

        public Task Ended { get; }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }

        private async Task RunAsync(IPeer peer, string share, CancellationToken token)
        {
            await foreach (var progress in peer.WatchShareAsync(share, token).ConfigureAwait(false)) _latest = progress;
        }
    }
}
