using System.Runtime.InteropServices;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Catalogue;

// By what records are found. A large catalogue is mostly these, so they refer to what is there instead of copying it: a set
// of slots finds its members by the keys of their records, and what has a key in common is chained.
internal sealed partial class RecordStore
{
    private readonly HashSet<Slot> _slots = new(new ByKey());
    private readonly HashSet<Content> _contents = new(new ByInfoHash());
    private readonly NameTable<ShareSlot> _names = new();
    private readonly Dictionary<PeerId, Owner> _owners = [];
    private readonly HashSet<PeerId> _granted = [];

    private Slot? Find(RecordKey key) => _slots.GetAlternateLookup<RecordKey>().TryGetValue(key, out var slot) ? slot : null;

    private Content? FindContent(InfoHash share) => _contents.GetAlternateLookup<InfoHash>().TryGetValue(share, out var content) ? content : null;

    private static IEnumerable<ShareRecord> SharesOf(Content content)
    {
        for (var slot = content.Shares; slot is not null; slot = slot.NextOfContent) yield return (ShareRecord)slot.Record;
    }

    private static void AddNamesakes(List<ShareRecord> found, ShareSlot? slot)
    {
        for (; slot is not null; slot = slot.NextOfName) found.Add((ShareRecord)slot.Record);
    }

    private ShareSlot? HighestShareOf(PeerId publisher)
    {
        if (!_owners.TryGetValue(publisher, out var owner)) return null;
        if (owner.IsHighestLost)
        {
            owner.Highest = _slots.OfType<ShareSlot>().Where(slot => slot.Record.Owner == publisher).MaxBy(slot => slot.Record.Version);
            owner.IsHighestLost = false;
        }

        return owner.Highest;
    }

    private static Slot CreateSlot(SignedRecord record, RecordBelief belief, string from) => record switch
    {
        ShareRecord => new ShareSlot(record, belief, from),
        HoldingsPart => new HoldingsSlot(record, belief, from),
        _ => new Slot(record, belief, from),
    };

    /// <summary>Puts a record in the place of the one with its key; one of the two may be missing.</summary>
    private void Exchange(Slot? before, Slot? after)
    {
        if (before is not null) _slots.Remove(before);
        if (after is not null) _slots.Add(after);
        var id = (after ?? before)!.Record.Owner;
        ref var owner = ref CollectionsMarshal.GetValueRefOrAddDefault(_owners, id, out _);
        owner ??= new Owner();
        owner.Records += (after is null ? 0 : 1) - (before is null ? 0 : 1);
        switch (after ?? before)
        {
            case ShareSlot:
                if (before is ShareSlot olderShare) RemoveShare(olderShare);
                if (after is ShareSlot newerShare) AddShare(newerShare);
                NoteHighest(owner, before, after as ShareSlot);
                break;
            case HoldingsSlot:
                ExchangeHoldings(owner, before as HoldingsSlot, after as HoldingsSlot);
                break;
            default:
                owner.Peer = after;
                if (after?.Record is PeerRecord { Details.Grant: not null }) _granted.Add(id);
                else _granted.Remove(id);
                break;
        }

        if (owner.Records == 0) _owners.Remove(id);
    }

    private void AddShare(ShareSlot slot)
    {
        var record = (ShareRecord)slot.Record;
        var content = GetContent(record.InfoHash);
        slot.NextOfContent = content.Shares;
        content.Shares = slot;
        slot.NextOfName = _names.Find(record.Name);
        _names.Set(record.Name, slot);
    }

    private void RemoveShare(ShareSlot slot)
    {
        var record = (ShareRecord)slot.Record;
        if (FindContent(record.InfoHash) is { } content)
        {
            if (content.Shares == slot) content.Shares = slot.NextOfContent;
            else for (var other = content.Shares; other is not null; other = other.NextOfContent)
                if (other.NextOfContent == slot) other.NextOfContent = slot.NextOfContent;
            ForgetIfEmpty(content);
        }

        var first = _names.Find(record.Name);
        if (first == slot && slot.NextOfName is { } next) _names.Set(record.Name, next);
        else if (first == slot) _names.Remove(record.Name);
        else for (var other = first; other is not null; other = other.NextOfName)
            if (other.NextOfName == slot) other.NextOfName = slot.NextOfName;
    }

    private static void NoteHighest(Owner owner, Slot? before, ShareSlot? after)
    {
        if (after is null)
        {
            if (owner.Highest != before) return;
            // It proved false, and which comes next is not known.
            owner.Highest = null;
            owner.IsHighestLost = true;
        }
        else if (!owner.IsHighestLost && (owner.Highest is null || after.Record.Version >= owner.Highest.Record.Version))
        {
            owner.Highest = after;
        }
    }

    // Of two versions of a part most is the same: what they have in common stays where it is.
    private void ExchangeHoldings(Owner owner, HoldingsSlot? before, HoldingsSlot? after)
    {
        var holding = before?.Holding ?? new Holding(after!);
        if (before is null) owner.Holdings.Add(holding);
        if (after is null) owner.Holdings.Remove(holding);
        else (after.Holding, holding.Slot) = (holding, after);
        var older = before?.Record as HoldingsPart;
        var newer = after?.Record as HoldingsPart;
        for (int i = 0, j = 0; i < older?.Count || j < newer?.Count;)
        {
            var had = i < older?.Count ? older[i].InfoHash : (InfoHash?)null;
            var has = j < newer?.Count ? newer[j].InfoHash : (InfoHash?)null;
            var order = had is null ? 1 : has is null ? -1 : had.Value.CompareTo(has.Value);
            if (order < 0 && FindContent(had!.Value) is { } left)
            {
                left.Holdings.Remove(holding);
                ForgetIfEmpty(left);
            }

            if (order > 0) GetContent(has!.Value).Holdings.Add(holding);
            if (order <= 0) i++;
            if (order >= 0) j++;
        }
    }

    private Content GetContent(InfoHash share)
    {
        var content = FindContent(share);
        if (content is null) _contents.Add(content = new Content(share));
        return content;
    }

    private void ForgetIfEmpty(Content content)
    {
        if (content is { Shares: null, Holdings.Count: 0 }) _contents.Remove(content);
    }

    private class Slot(SignedRecord record, RecordBelief belief, string from)
    {
        private volatile RecordBelief _belief = belief;

        public SignedRecord Record { get; } = record;

        public RecordBelief Belief => _belief;

        public string From { get; } = from;

        // What was checked stays checked; of two at once either may come last, and the lower one only costs a second check.
        public virtual void Raise(RecordBelief to)
        {
            if (to > _belief) _belief = to;
        }
    }

    private sealed class ShareSlot(SignedRecord record, RecordBelief belief, string from) : Slot(record, belief, from)
    {
        public ShareSlot? NextOfContent { get; set; }

        public ShareSlot? NextOfName { get; set; }
    }

    private sealed class HoldingsSlot(SignedRecord record, RecordBelief belief, string from) : Slot(record, belief, from)
    {
        private volatile HoldingsSlot? _before;

        public Holding? Holding { get; set; }

        /// <summary>What comes back should this one prove false; none as soon as it is known to be its owner's.</summary>
        public HoldingsSlot? Before
        {
            get => _before;
            set => _before = value;
        }

        public override void Raise(RecordBelief to)
        {
            base.Raise(to);
            _before = null;
        }
    }

    /// <summary>A part of a peer's holdings, whatever its version.</summary>
    private sealed class Holding(HoldingsSlot slot)
    {
        public HoldingsSlot Slot { get; set; } = slot;
    }

    /// <summary>What is known of one info-hash.</summary>
    private sealed class Content(InfoHash infoHash)
    {
        private Few<Holding> _holdings;

        public InfoHash InfoHash { get; } = infoHash;

        public ShareSlot? Shares { get; set; }

        public ref Few<Holding> Holdings => ref _holdings;
    }

    /// <summary>What is known of one peer.</summary>
    private sealed class Owner
    {
        public int Records { get; set; }

        public Slot? Peer { get; set; }

        public List<Holding> Holdings { get; } = [];

        /// <summary>The share with the highest version.</summary>
        public ShareSlot? Highest { get; set; }

        /// <summary>Whether that was dropped, and is to be looked for.</summary>
        public bool IsHighestLost { get; set; }
    }

    private sealed class ByKey : IEqualityComparer<Slot>, IAlternateEqualityComparer<RecordKey, Slot>
    {
        public bool Equals(Slot? x, Slot? y) => x?.Record.Key == y?.Record.Key;

        public int GetHashCode(Slot obj) => GetHashCode(obj.Record.Key);

        public bool Equals(RecordKey alternate, Slot other) => alternate == other.Record.Key;

        public int GetHashCode(RecordKey alternate) => alternate.Hash.GetHashCode();

        public Slot Create(RecordKey alternate) => throw new NotSupportedException();
    }

    private sealed class ByInfoHash : IEqualityComparer<Content>, IAlternateEqualityComparer<InfoHash, Content>
    {
        public bool Equals(Content? x, Content? y) => x?.InfoHash == y?.InfoHash;

        public int GetHashCode(Content obj) => obj.InfoHash.GetHashCode();

        public bool Equals(InfoHash alternate, Content other) => alternate == other.InfoHash;

        public int GetHashCode(InfoHash alternate) => alternate.GetHashCode();

        public Content Create(InfoHash alternate) => new(alternate);
    }
}
