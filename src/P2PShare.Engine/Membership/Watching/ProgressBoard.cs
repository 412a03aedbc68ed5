using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Membership.Watching;

/// <summary>
/// The coordinator's part in watching: it asks the members that may be on their way to a share, keeps what each told last,
/// and tells each watcher what has changed. However many watch and are watched, what it sends stays under
/// <see cref="BytesPerSecond"/>, and under <see cref="BytesPerWatcher"/> to each watcher. Soft state: whoever does not ask
/// again is forgotten. Not thread-safe; times are counted from any fixed moment.
/// </summary>
internal sealed class ProgressBoard
{
    /// <summary>Bytes per second to one watcher, whatever number of shares it watches.</summary>
    public const int BytesPerWatcher = 8 * 1024;

    /// <summary>Bytes per second to all watchers.</summary>
    public const int BytesPerSecond = 256 * 1024;

    /// <summary>Watchers times shares.</summary>
    public const int MaxSubscriptions = 1_000;

    /// <summary>Shares watched at once: each member reports on that many a second at most.</summary>
    public const int MaxShares = 64;

    /// <summary>For how long members are asked, in seconds.</summary>
    public const int MemberLeaseSeconds = 15;

    // Frame and dictionary around the items of a message.
    private const int HeadBytes = 96;
    private const int ItemBytes = 40;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(10);

    // Members answer at once; a first message without their answers would say that nobody is receiving.
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<InfoHash, Share> _shares = [];
    private readonly Dictionary<PeerId, ByteAllowance> _allowances = [];
    private readonly List<Subscription> _subscriptions = [];
    private readonly ByteAllowance _total = new(BytesPerSecond);
    private long _version;
    private int _turn;
    private bool _hasEnded;

    /// <summary>Whether nobody watches, and nobody is still to be told so.</summary>
    public bool IsIdle => _subscriptions.Count == 0 && !_hasEnded;

    /// <summary>A watcher asks, asks on, or has seen enough (a lease of 0).</summary>
    public void Subscribe(PeerId watcher, ProgressSubscribe request, TimeSpan now)
    {
        var existing = _subscriptions.Find(subscription => subscription.Watcher == watcher && subscription.Share.InfoHash == request.InfoHash);
        if (existing is not null)
        {
            if (request.LeaseSeconds > 0) existing.Until = now + TimeSpan.FromSeconds(request.LeaseSeconds);
            else _hasEnded |= _subscriptions.Remove(existing);
            return;
        }

        if (request.LeaseSeconds == 0 || _subscriptions.Count >= MaxSubscriptions) return;
        if (!_shares.TryGetValue(request.InfoHash, out var share))
        {
            if (_shares.Count >= MaxShares) return;
            _shares.Add(request.InfoHash, share = new Share(request.InfoHash, now));
        }

        _subscriptions.Add(new Subscription(watcher, share) { Until = now + TimeSpan.FromSeconds(request.LeaseSeconds), NextAt = share.Since + FirstAnswer });
        _allowances.TryAdd(watcher, new ByteAllowance(BytesPerWatcher));
    }

    /// <summary>A member tells how far it is; only of itself, and only where somebody watches.</summary>
    public void Report(PeerId from, Progress report)
    {
        if (!_shares.TryGetValue(report.InfoHash, out var share) || report.Items is not [var item] || item.Peer != from) return;
        share.Items[from] = (item, ++_version);
    }

    /// <summary>What is to be sent now, and to whom.</summary>
    /// <param name="now">The time.</param>
    /// <param name="present">Who is in the swarm.</param>
    /// <param name="complete">Who holds all of a share: of those the catalogue says it.</param>
    public IEnumerable<(PeerId To, MembershipMessage Message)> Tick(TimeSpan now, IReadOnlySet<PeerId> present, Func<InfoHash, IReadOnlySet<PeerId>> complete)
    {
        foreach (var stop in Expire(now, present)) yield return stop;
        foreach (var share in _shares.Values)
        {
            var done = complete(share.InfoHash);
            foreach (var member in present)
            {
                if (done.Contains(member) || (share.Asked.TryGetValue(member, out var asked) && now - asked < AskAgain)) continue;
                share.Asked[member] = now;
                yield return (member, new ProgressSubscribe(share.InfoHash, MemberLeaseSeconds));
            }
        }

        // Who comes first changes, so that with too many watchers all are told less often, and none nothing.
        for (var i = 0; i < _subscriptions.Count; i++)
        {
            var subscription = _subscriptions[(_turn + i) % _subscriptions.Count];
            if (now < subscription.NextAt) continue;
            var allowance = _allowances[subscription.Watcher];
            var room = (Math.Min(allowance.Left(now), _total.Left(now)) - HeadBytes) / ItemBytes;
            if (room <= 0)
            {
                if (_total.Left(now) > HeadBytes + ItemBytes) continue;
                _turn = (_turn + i) % _subscriptions.Count;
                yield break;
            }

            if (subscription.Next(Math.Min(room, MembershipLimits.MaxProgressItems)) is not { } message) continue;
            subscription.NextAt = now + Interval;
            var bytes = HeadBytes + message.Items.Count * ItemBytes;
            allowance.Spend(bytes);
            _total.Spend(bytes);
            yield return (subscription.Watcher, message);
        }
    }

    /// <summary>Forgets everything: this peer does not coordinate any more.</summary>
    public void Clear()
    {
        _hasEnded = false;
        _shares.Clear();
        _subscriptions.Clear();
        _allowances.Clear();
    }

    private List<(PeerId, MembershipMessage)> Expire(TimeSpan now, IReadOnlySet<PeerId> present)
    {
        var stops = new List<(PeerId, MembershipMessage)>();
        if (_subscriptions.RemoveAll(subscription => subscription.Until <= now || !present.Contains(subscription.Watcher)) > 0 || _hasEnded)
        {
            _hasEnded = false;
            var watched = _subscriptions.Select(subscription => subscription.Share.InfoHash).ToHashSet();
            foreach (var share in _shares.Values.Where(share => !watched.Contains(share.InfoHash)).ToList())
            {
                _shares.Remove(share.InfoHash);
                // Members that had nothing to tell will have nothing to tell until their time is over.
                stops.AddRange(share.Items.Keys.Where(present.Contains).Select(member => (member, (MembershipMessage)new ProgressSubscribe(share.InfoHash, 0))));
            }

            var watchers = _subscriptions.Select(subscription => subscription.Watcher).ToHashSet();
            foreach (var gone in _allowances.Keys.Where(watcher => !watchers.Contains(watcher)).ToList()) _allowances.Remove(gone);
        }

        foreach (var share in _shares.Values)
        {
            foreach (var gone in share.Asked.Keys.Where(member => !present.Contains(member)).ToList())
            {
                share.Asked.Remove(gone);
                share.Items.Remove(gone);
            }
        }

        return stops;
    }

    private sealed class Share(InfoHash infoHash, TimeSpan since)
    {
        public InfoHash InfoHash { get; } = infoHash;

        public TimeSpan Since { get; } = since;

        public Dictionary<PeerId, TimeSpan> Asked { get; } = [];

        public Dictionary<PeerId, (ProgressItem Item, long Version)> Items { get; } = [];
    }

    private sealed class Subscription(PeerId watcher, Share share)
    {
        private readonly Dictionary<PeerId, long> _told = [];
        private bool _begun;
        private bool _owes;

        public PeerId Watcher { get; } = watcher;

        public Share Share { get; } = share;

        public TimeSpan Until { get; set; }

        public TimeSpan NextAt { get; set; }

        /// <summary>The next message, of at most so many items; null when there is nothing to tell.</summary>
        public Progress? Next(int room)
        {
            // Whoever was told of longest ago comes first: where not all fit, all have their turn.
            var changed = Share.Items.Values.Where(entry => entry.Version > _told.GetValueOrDefault(entry.Item.Peer)).OrderBy(entry => _told.GetValueOrDefault(entry.Item.Peer)).ToList();
            if (changed.Count == 0 && _begun && !_owes) return null;
            var told = changed.Take(room).ToList();
            foreach (var (item, version) in told) _told[item.Peer] = version;
            _owes = changed.Count > told.Count;
            var message = new Progress { InfoHash = Share.InfoHash, Items = [.. told.Select(entry => entry.Item)], IsFirst = !_begun, IsLast = !_owes };
            _begun = true;
            return message;
        }
    }
}
