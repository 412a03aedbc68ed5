using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Catalogue;

/// <summary>
/// All records of the swarm known here, newest version of each, indexed for search. Records may be put in unchecked: what
/// gives them out checks them first, once, and drops those that prove false. Thread-safe.
/// </summary>
internal sealed class RecordStore
{
    /// <summary>The most records kept; past it new ones are not taken in.</summary>
    public const int MaxRecords = 1_000_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<RecordKey, Slot> _slots = [];
    private readonly Dictionary<PeerId, Slot> _peers = [];
    private readonly HashSet<PeerId> _granted = [];
    private readonly Dictionary<InfoHash, List<ShareRecord>> _shares = [];
    private readonly Dictionary<string, List<ShareRecord>> _sharesByName = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<InfoHash, Dictionary<PeerId, Slot>> _holders = [];
    private readonly CatalogueDigest _digest = new();

    /// <summary>Who checks records. Until there is one, nothing that was put in unchecked is given out.</summary>
    public IRecordJudge? Judge { get; set; }

    /// <summary>
    /// Takes a record in, unless it is no newer than what is known. Where two records of one key meet, whichever was not
    /// checked is: so a forged one of a high version can neither keep the genuine one out nor take its place.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="belief">How far the caller has checked it.</param>
    /// <param name="from">Who sent it, for the event when it proves false.</param>
    /// <returns>Whether it was news.</returns>
    public bool Put(SignedRecord record, RecordBelief belief = RecordBelief.Believed, string from = "")
    {
        while (true)
        {
            SignedRecord known;
            lock (_lock)
            {
                var slot = _slots.GetValueOrDefault(record.Key);
                var isNewer = slot is null || record.Version > slot.Record.Version;
                if (slot is null || IsSame(slot.Record, record) || (isNewer ? belief : slot.Belief) != RecordBelief.Claimed)
                    return Replace(slot, record, belief, from);
                known = slot.Record;
            }

            if (known.Version >= record.Version)
            {
                Settle(known, RecordBelief.Signed);
                continue;
            }

            if (Check(record, RecordBelief.Claimed, RecordBelief.Signed) is { } problem)
            {
                Judge?.OnFalse(from, problem);
                return false;
            }

            belief = RecordBelief.Signed;
        }
    }

    /// <summary>Whether putting the record in could change anything.</summary>
    public bool IsNews(SignedRecord record)
    {
        lock (_lock)
        {
            return !_slots.TryGetValue(record.Key, out var slot)
                || (slot.Belief == RecordBelief.Claimed ? !IsSame(slot.Record, record) : slot.Record.Version < record.Version);
        }
    }

    /// <summary>The version of the record of that key, signed by its owner; 0 when there is none.</summary>
    public long VersionOf(RecordKey key)
    {
        SignedRecord? record;
        lock (_lock) record = _slots.GetValueOrDefault(key)?.Record;
        return record is not null && Settle(record, RecordBelief.Signed) ? record.Version : 0;
    }

    /// <summary>A peer's record, checked.</summary>
    public PeerRecord? FindPeer(PeerId peer) => PeekPeer(peer) is { } record && Settle(record, RecordBelief.Believed) ? record : null;

    /// <summary>A peer's record as it was sent; only its key can be relied on, since the peer's id is made of it.</summary>
    public PeerRecord? PeekPeer(PeerId peer)
    {
        lock (_lock) return _peers.GetValueOrDefault(peer)?.Record as PeerRecord;
    }

    /// <summary>All peers' records, as they were sent: <see cref="FindPeer"/> is to be asked about those that are used.</summary>
    public IReadOnlyList<PeerRecord> PeekPeers
    {
        get
        {
            lock (_lock) return [.. _peers.Values.Select(slot => (PeerRecord)slot.Record)];
        }
    }

    /// <summary>Peers that say to have a name from the administrator; unchecked.</summary>
    public IReadOnlyList<PeerId> Granted
    {
        get
        {
            lock (_lock) return _granted.Count == 0 ? [] : [.. _granted];
        }
    }

    /// <summary>A part of a peer's holdings as it was sent.</summary>
    public HoldingsPart? PeekHoldings(PeerId owner, uint part)
    {
        lock (_lock) return _slots.GetValueOrDefault(RecordKey.OfHoldings(owner, part))?.Record as HoldingsPart;
    }

    /// <summary>A peer's holdings, signed by it.</summary>
    public IReadOnlyList<HoldingsPart> HoldingsOf(PeerId owner)
    {
        List<HoldingsPart> parts;
        lock (_lock) parts = [.. _slots.Values.Select(slot => slot.Record).OfType<HoldingsPart>().Where(part => part.Owner == owner)];
        return [.. parts.Where(part => Settle(part, RecordBelief.Signed))];
    }

    /// <summary>The highest version of any of a publisher's share records, signed by it; 0 when there is none.</summary>
    public long HighestShareVersion(PeerId publisher)
    {
        while (true)
        {
            ShareRecord? highest;
            lock (_lock) highest = _slots.Values.Select(slot => slot.Record).OfType<ShareRecord>().Where(share => share.Owner == publisher).MaxBy(share => share.Version);
            if (highest is null) return 0;
            if (Settle(highest, RecordBelief.Signed)) return highest.Version;
        }
    }

    /// <summary>The share records of one info-hash, checked: one for each publisher and name.</summary>
    public IReadOnlyList<ShareRecord> SharesOf(InfoHash share)
    {
        List<ShareRecord> records;
        lock (_lock)
        {
            if (!_shares.TryGetValue(share, out var known)) return [];
            records = [.. known];
        }

        return [.. records.Where(Believes)];
    }

    /// <summary>All share records, in no order and as they were sent: <see cref="Believes"/> is to be asked about those that are used.</summary>
    public IReadOnlyList<ShareRecord> Shares
    {
        get
        {
            lock (_lock) return [.. _shares.Values.SelectMany(records => records)];
        }
    }

    /// <summary>The share records whose names a filter lets through, in no order and as they were sent.</summary>
    public IReadOnlyList<ShareRecord> SharesNamed(ShareFilter filter)
    {
        lock (_lock)
        {
            var found = new List<ShareRecord>();
            if (filter.Literals is { } names)
            {
                foreach (var name in names)
                {
                    if (_sharesByName.TryGetValue(name, out var records)) found.AddRange(records);
                }

                return found;
            }

            foreach (var (name, records) in _sharesByName)
            {
                if (filter.IsName(name)) found.AddRange(records);
            }

            return found;
        }
    }

    /// <summary>Who holds some or all of a share, as each says itself; checked.</summary>
    public IReadOnlyList<(PeerId Peer, HoldingState State)> HoldersOf(InfoHash share)
    {
        List<Slot> slots;
        lock (_lock)
        {
            if (!_holders.TryGetValue(share, out var holders)) return [];
            slots = [.. holders.Values];
        }

        return [.. slots
            .Where(slot => slot.Belief == RecordBelief.Believed || Settle(slot.Record, RecordBelief.Believed))
            .Select(slot => (slot.Record.Owner, ((HoldingsPart)slot.Record).StateOf(share)))];
    }

    /// <summary>Whether any publisher withdrew the share and none offers it.</summary>
    public bool IsWithdrawn(InfoHash share) => SharesOf(share) is { Count: > 0 } records && records.All(record => record.Details.IsWithdrawn);

    /// <summary>Whether a share record is its publisher's own word, and the publisher a member. Checked once.</summary>
    public bool Believes(ShareRecord record) => Settle(record, RecordBelief.Believed);

    public CatalogueDigest GetDigest()
    {
        lock (_lock) return _digest.Clone();
    }

    /// <summary>The records that may be missing where <paramref name="other"/> is the digest: peers first, so that what they signed can be verified on arrival.</summary>
    public IReadOnlyList<SignedEntry> Difference(CatalogueDigest other)
    {
        lock (_lock)
            return [.. _slots.Values.Select(slot => slot.Record).Where(record => _digest.Differs(other, record.Key)).OrderBy(record => record.Kind).Select(record => record.Entry)];
    }

    /// <summary>Checks a record as far as it is wanted and has not been before; one that proves false is dropped.</summary>
    private bool Settle(SignedRecord record, RecordBelief wanted)
    {
        Slot? slot;
        lock (_lock)
        {
            slot = _slots.GetValueOrDefault(record.Key);
            if (slot?.Record != record) slot = null;
        }

        // Superseded meanwhile: the caller still has it in hand.
        var known = slot?.Belief ?? RecordBelief.Claimed;
        if (known >= wanted) return true;
        // The lock is not held: a check takes a millisecond, and looks up the owner.
        var problem = Check(record, known, wanted);
        if (problem is null)
        {
            slot?.Raise(wanted);
            return true;
        }

        lock (_lock)
        {
            if (slot is null || _slots.GetValueOrDefault(record.Key) != slot) return false;
            _slots.Remove(record.Key);
            _digest.Remove(record);
            Unindex(slot);
        }

        Judge?.OnFalse(slot.From, problem);
        return false;
    }

    private string? Check(SignedRecord record, RecordBelief known, RecordBelief wanted) =>
        Judge is { } judge ? judge.Judge(record, known, wanted) : "there is nobody to check it";

    private bool Replace(Slot? known, SignedRecord record, RecordBelief belief, string from)
    {
        if (known is not null)
        {
            if (known.Record.Version >= record.Version)
            {
                if (IsSame(known.Record, record)) known.Raise(belief);
                return false;
            }

            _digest.Remove(known.Record);
            Unindex(known);
        }
        else if (_slots.Count >= MaxRecords)
        {
            return false;
        }

        var slot = new Slot(record, belief, from);
        _slots[record.Key] = slot;
        _digest.Add(record);
        Index(slot);
        return true;
    }

    private static bool IsSame(SignedRecord one, SignedRecord other) =>
        ReferenceEquals(one, other)
        || (one.Version == other.Version && one.Entry.Signature.Span.SequenceEqual(other.Entry.Signature.Span) && one.Entry.Body.Span.SequenceEqual(other.Entry.Body.Span));

    private void Index(Slot slot)
    {
        switch (slot.Record)
        {
            case PeerRecord peer:
                _peers[peer.Owner] = slot;
                if (peer.Details.Grant is not null) _granted.Add(peer.Owner);
                break;
            case ShareRecord share:
                if (!_shares.TryGetValue(share.Details.InfoHash, out var shares)) _shares[share.Details.InfoHash] = shares = [];
                shares.Add(share);
                if (!_sharesByName.TryGetValue(share.Details.Name, out var namesakes)) _sharesByName[share.Details.Name] = namesakes = [];
                namesakes.Add(share);
                break;
            case HoldingsPart part:
                foreach (var item in part.Items)
                {
                    if (!_holders.TryGetValue(item.InfoHash, out var holders)) _holders[item.InfoHash] = holders = [];
                    holders[part.Owner] = slot;
                }

                break;
        }
    }

    private void Unindex(Slot slot)
    {
        switch (slot.Record)
        {
            case PeerRecord peer:
                _peers.Remove(peer.Owner);
                _granted.Remove(peer.Owner);
                break;
            case ShareRecord share:
                if (!_shares.TryGetValue(share.Details.InfoHash, out var shares)) break;
                shares.Remove(share);
                if (shares.Count == 0) _shares.Remove(share.Details.InfoHash);
                if (!_sharesByName.TryGetValue(share.Details.Name, out var namesakes)) break;
                namesakes.Remove(share);
                if (namesakes.Count == 0) _sharesByName.Remove(share.Details.Name);
                break;
            case HoldingsPart part:
                foreach (var item in part.Items)
                {
                    if (!_holders.TryGetValue(item.InfoHash, out var holders)) continue;
                    if (holders.GetValueOrDefault(part.Owner) == slot) holders.Remove(part.Owner);
                    if (holders.Count == 0) _holders.Remove(item.InfoHash);
                }

                break;
        }
    }

    private sealed class Slot(SignedRecord record, RecordBelief belief, string from)
    {
        private volatile RecordBelief _belief = belief;

        public SignedRecord Record { get; } = record;

        public RecordBelief Belief => _belief;

        public string From { get; } = from;

        // What was checked stays checked; of two at once either may come last, and the lower one only costs a second check.
        public void Raise(RecordBelief to)
        {
            if (to > _belief) _belief = to;
        }
    }
}
