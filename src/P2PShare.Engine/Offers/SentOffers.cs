using P2PShare.Engine.Catalogue;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Offers;

/// <summary>
/// The shares this peer has offered to others, what became of each, and what is to be sent to whom and when. Offers are
/// kept until they are answered for good, whether or not the peer is in the swarm. Thread-safe.
/// </summary>
internal sealed class SentOffers(TimeProvider time)
{
    /// <summary>Offers that are kept, over all shares and peers; past it those that are settled are forgotten, and then no more taken.</summary>
    public const int MaxKept = 200_000;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BusyDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan UnknownDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<OfferedShare, Recipients> _shares = [];
    private readonly Dictionary<PeerId, Queue> _queues = [];
    private int _open;
    private int _kept;

    /// <summary>Whether anything waits for something.</summary>
    public bool HasOpen
    {
        get
        {
            lock (_lock) return _open > 0;
        }
    }

    /// <summary>Offers a share to a peer, or offers it again whatever became of it before.</summary>
    /// <returns>False when there are too many.</returns>
    public bool Add(OfferedShare share, PeerId peer)
    {
        lock (_lock)
        {
            var item = Find(share, peer);
            if (item is null)
            {
                if (_kept >= MaxKept) DropSettled();
                if (_kept >= MaxKept) return false;
                if (!_shares.TryGetValue(share, out var recipients)) _shares[share] = recipients = new Recipients();
                recipients.Items.Add(peer, item = new Item(share, recipients));
                _kept++;
                Open(peer, item);
            }
            else if (!item.IsOpen)
            {
                Open(peer, item);
            }

            item.Set(RecipientState.Undelivered, "");
            item.Due(time.GetTimestamp(), TimeSpan.Zero);
            _queues[peer].Due(time.GetTimestamp(), TimeSpan.Zero);
            return true;
        }
    }

    /// <summary>What is to be sent now, at most one message for each peer; each peer is busy until <see cref="NoteSent"/> or <see cref="NoteUnreachable"/>.</summary>
    /// <param name="isPresent">Whether a peer is in the roster.</param>
    /// <param name="isOffered">Whether this peer serves the share now.</param>
    public IReadOnlyList<(PeerId Peer, IReadOnlyList<OfferedShare> Shares)> TakeDue(Func<PeerId, bool> isPresent, Func<InfoHash, bool> isOffered)
    {
        var due = new List<(PeerId, IReadOnlyList<OfferedShare>)>();
        lock (_lock)
        {
            var now = time.GetTimestamp();
            foreach (var (peer, queue) in _queues)
            {
                var present = isPresent(peer);
                if (present && !queue.WasPresent)
                {
                    // It has come, or come back, perhaps without its memory: all that is open is told again.
                    queue.Due(now, TimeSpan.Zero);
                    foreach (var item in queue.Items) item.Due(now, TimeSpan.Zero);
                }

                queue.WasPresent = present;
                if (!present || queue.IsBusy || !queue.IsDue(time, now)) continue;
                var shares = queue.Items.Where(item => item.IsDue(time, now) && isOffered(item.Share.InfoHash)).Take(MembershipLimits.MaxOffers).ToList();
                if (shares.Count == 0) continue;
                queue.IsBusy = true;
                due.Add((peer, [.. shares.Select(item => item.Share)]));
            }
        }

        return due;
    }

    /// <summary>Offers are on their way; what is not answered is offered again.</summary>
    public void NoteSent(PeerId peer, IReadOnlyList<OfferedShare> shares)
    {
        lock (_lock)
        {
            if (!_queues.TryGetValue(peer, out var queue)) return;
            queue.IsBusy = false;
            queue.Due(time.GetTimestamp(), TimeSpan.Zero);
            foreach (var share in shares)
            {
                if (Find(share, peer) is not { IsOpen: true } item) continue;
                if (item.State == RecipientState.Undelivered) item.Later(time.GetTimestamp(), AnswerDelay, LongestDelay);
                else item.Rest();
            }
        }
    }

    /// <summary>A peer could not be reached: it is tried again, ever more slowly, until it says something or leaves and comes back.</summary>
    public void NoteUnreachable(PeerId peer, string reason)
    {
        lock (_lock)
        {
            if (!_queues.TryGetValue(peer, out var queue)) return;
            queue.IsBusy = false;
            queue.Later(time.GetTimestamp(), FirstDelay, LongestDelay);
            foreach (var item in queue.Items.Where(item => item.State == RecipientState.Undelivered)) item.Set(RecipientState.Undelivered, reason);
        }
    }

    /// <summary>Notes what a peer says has become of an offer.</summary>
    /// <returns>The new state; null when nothing changed, or nothing was offered.</returns>
    public RecipientState? Answer(PeerId peer, OfferReply reply)
    {
        lock (_lock)
        {
            if (Find(reply.Share, peer) is not { IsOpen: true } item) return null;
            var before = item.State;
            switch (reply.Outcome)
            {
                case OfferOutcome.Unknown:
                    item.Due(time.GetTimestamp(), UnknownDelay * (1 << Math.Min(item.Unknown++, 6)));
                    return null;
                case OfferOutcome.Busy:
                    item.Set(RecipientState.Undelivered, "too many offers wait there");
                    item.Due(time.GetTimestamp(), BusyDelay);
                    return null;
                case OfferOutcome.Accepted:
                    item.Set(RecipientState.Receiving, "");
                    break;
                case OfferOutcome.Declined:
                    item.Set(RecipientState.Declined, reply.Text);
                    break;
                case OfferOutcome.Failed:
                    item.Set(RecipientState.Failed, reply.Text);
                    break;
                case OfferOutcome.Complete:
                    item.Set(RecipientState.Complete, "");
                    break;
                default:
                    item.Set(RecipientState.Listed, "");
                    break;
            }

            item.Rest();
            if (!item.IsWaiting) Close(peer, item);
            return item.State == before ? null : item.State;
        }
    }

    /// <summary>Closes the offers to peers that have all of the share by their own word, whatever they answered.</summary>
    /// <param name="completeHolders">Who has all of a share.</param>
    /// <returns>Whether there were any.</returns>
    public bool CloseComplete(Func<InfoHash, IEnumerable<PeerId>> completeHolders)
    {
        var any = false;
        lock (_lock)
        {
            foreach (var (share, recipients) in _shares.Where(pair => pair.Value.Open > 0))
            {
                foreach (var peer in completeHolders(share.InfoHash))
                {
                    if (recipients.Find(peer) is not { IsOpen: true } item) continue;
                    item.Set(RecipientState.Complete, "");
                    Close(peer, item);
                    any = true;
                }
            }
        }

        return any;
    }

    /// <summary>Forgets all offers of a share that is not offered any more.</summary>
    public void Remove(OfferedShare share)
    {
        lock (_lock)
        {
            if (!_shares.Remove(share, out var recipients)) return;
            foreach (var (peer, item) in recipients.Items)
                if (item.IsOpen) Close(peer, item);
            _kept -= recipients.Items.Count;
        }
    }

    /// <summary>Those to whom an older version of a share is still on offer are offered the newer one instead.</summary>
    public void Supersede(OfferedShare newer)
    {
        lock (_lock)
        {
            foreach (var older in _shares.Keys.Where(share => share.Name == newer.Name && share.InfoHash != newer.InfoHash).ToList())
            {
                foreach (var (peer, item) in _shares[older].Items.Where(pair => pair.Value.IsOpen).ToList())
                {
                    item.Set(RecipientState.Declined, "a newer version is offered instead");
                    Close(peer, item);
                    Add(newer, peer);
                }
            }
        }
    }

    /// <summary>Whom a share was offered to; empty when it was to nobody.</summary>
    public IReadOnlyDictionary<PeerId, (RecipientState State, string Detail)> RecipientsOf(OfferedShare share)
    {
        lock (_lock) return _shares.TryGetValue(share, out var recipients) ? recipients.Items.ToDictionary(pair => pair.Key, pair => (pair.Value.State, pair.Value.Detail)) : [];
    }

    /// <summary>Every open offer: share and peer.</summary>
    public IReadOnlyList<(OfferedShare Share, PeerId Peer)> OpenOffers
    {
        get
        {
            lock (_lock) return [.. _queues.SelectMany(pair => pair.Value.Items.Select(item => (item.Share, pair.Key)))];
        }
    }

    private Item? Find(OfferedShare share, PeerId peer) => _shares.TryGetValue(share, out var recipients) ? recipients.Find(peer) : null;

    private void DropSettled()
    {
        foreach (var share in _shares.Where(pair => pair.Value.Open == 0).Select(pair => pair.Key).ToList()) Remove(share);
    }

    private void Open(PeerId peer, Item item)
    {
        if (!_queues.TryGetValue(peer, out var queue)) _queues[peer] = queue = new Queue();
        queue.Items.Add(item);
        item.IsOpen = true;
        item.Recipients.Open++;
        _open++;
    }

    private void Close(PeerId peer, Item item)
    {
        item.IsOpen = false;
        item.Recipients.Open--;
        _open--;
        if (!_queues.TryGetValue(peer, out var queue)) return;
        queue.Items.Remove(item);
        if (queue.Items.Count == 0) _queues.Remove(peer);
    }

    /// <summary>Something that is tried again with growing delays.</summary>
    private abstract class Retried
    {
        private long _since;
        private TimeSpan _delay;
        private TimeSpan _last;

        public bool IsDue(TimeProvider time, long now) => _delay < TimeSpan.MaxValue && time.GetElapsedTime(_since, now) >= _delay;

        /// <summary>Due after a time, with its delays begun anew.</summary>
        public void Due(long now, TimeSpan delay)
        {
            (_since, _delay) = (now, delay);
            _last = default;
        }

        /// <summary>Due after the next of its growing delays.</summary>
        public void Later(long now, TimeSpan first, TimeSpan longest)
        {
            _last = _last == default ? first : _last * 2;
            if (_last > longest) _last = longest;
            (_since, _delay) = (now, _last);
        }

        /// <summary>Not due until something happens.</summary>
        public void Rest() => _delay = TimeSpan.MaxValue;
    }

    private sealed class Queue : Retried
    {
        public HashSet<Item> Items { get; } = [];

        public bool WasPresent { get; set; }

        public bool IsBusy { get; set; }
    }

    private sealed class Recipients
    {
        public Dictionary<PeerId, Item> Items { get; } = [];

        /// <summary>How many of them wait for something.</summary>
        public int Open { get; set; }

        public Item? Find(PeerId peer) => Items.GetValueOrDefault(peer);
    }

    private sealed class Item(OfferedShare share, Recipients recipients) : Retried
    {
        public OfferedShare Share => share;

        public Recipients Recipients => recipients;

        public RecipientState State { get; private set; }

        public string Detail { get; private set; } = "";

        /// <summary>How often its peer did not know the share record.</summary>
        public int Unknown { get; set; }

        /// <summary>Whether it stands in its peer's queue.</summary>
        public bool IsOpen { get; set; }

        public bool IsWaiting => State is RecipientState.Undelivered or RecipientState.Listed or RecipientState.Receiving;

        public void Set(RecipientState state, string detail) => (State, Detail) = (state, detail);
    }
}
