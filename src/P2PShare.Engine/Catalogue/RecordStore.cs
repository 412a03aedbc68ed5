using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Catalogue;

/// <summary>
/// All records of the swarm known here, newest version of each, indexed for search. Records may be put in unchecked: what
/// gives them out checks them first, once, and drops those that prove false. Thread-safe.
/// </summary>
internal sealed partial class RecordStore
{
    /// <summary>The most records kept; past it new ones are not taken in.</summary>
    public const int MaxRecords = 1_000_000;

    private readonly Lock _lock = new();
    private readonly CatalogueDigest _digest = new();

    /// <summary>Who checks records. Until there is one, nothing that was put in unchecked is given out.</summary>
    public IRecordJudge? Judge { get; set; }

    /// <summary>
    /// Takes a record in, unless it is no newer than what is known. Where two records of one key meet, whichever was not
    /// checked is: so a forged one of a high version can neither keep the genuine one out nor take its place. Only of
    /// holdings that grow, as they do all the time, those that were not checked take the place of the ones before at once:
    /// who makes use of what they add has them checked, and should they prove false the ones before, kept meanwhile, come back.
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
                var slot = Find(record.Key);
                var isNewer = slot is null || record.Version > slot.Record.Version;
                if (slot is null || IsSame(slot.Record, record) || (isNewer ? belief : slot.Belief) != RecordBelief.Claimed || (isNewer && IsGrowth(slot, record)))
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
            var slot = Find(record.Key);
            return slot is null
                || (slot.Belief == RecordBelief.Claimed ? !IsSame(slot.Record, record) : slot.Record.Version < record.Version);
        }
    }

    /// <summary>The version of the record of that key, signed by its owner; 0 when there is none.</summary>
    public long VersionOf(RecordKey key)
    {
        SignedRecord? record;
        lock (_lock) record = Find(key)?.Record;
        return record is not null && Newest(record, RecordBelief.Signed) is { } signed ? signed.Version : 0;
    }

    /// <summary>A peer's record, checked.</summary>
    public PeerRecord? FindPeer(PeerId peer) => PeekPeer(peer) is { } record && Settle(record, RecordBelief.Believed) ? record : null;

    /// <summary>A peer's record as it was sent; only its key can be relied on, since the peer's id is made of it.</summary>
    public PeerRecord? PeekPeer(PeerId peer)
    {
        lock (_lock) return _owners.GetValueOrDefault(peer)?.Peer?.Record as PeerRecord;
    }

    /// <summary>All peers' records, as they were sent: <see cref="FindPeer"/> is to be asked about those that are used.</summary>
    public IReadOnlyList<PeerRecord> PeekPeers
    {
        get
        {
            lock (_lock) return [.. _owners.Values.Select(owner => owner.Peer?.Record).OfType<PeerRecord>()];
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
        lock (_lock) return Find(RecordKey.OfHoldings(owner, part))?.Record as HoldingsPart;
    }

    /// <summary>A peer's holdings, signed by it.</summary>
    public IReadOnlyList<HoldingsPart> HoldingsOf(PeerId owner)
    {
        List<HoldingsPart> parts;
        lock (_lock) parts = _owners.TryGetValue(owner, out var known) ? [.. known.Holdings.Select(holding => (HoldingsPart)holding.Slot.Record)] : [];
        return [.. parts.Select(part => Newest(part, RecordBelief.Signed)).OfType<HoldingsPart>()];
    }

    /// <summary>The highest version of any of a publisher's share records, signed by it; 0 when there is none.</summary>
    public long HighestShareVersion(PeerId publisher)
    {
        while (true)
        {
            SignedRecord? highest;
            lock (_lock) highest = HighestShareOf(publisher)?.Record;
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
            if (FindContent(share) is not { } known) return [];
            records = [.. SharesOf(known)];
        }

        return [.. records.Where(Believes)];
    }

    /// <summary>All share records, in no order and as they were sent: <see cref="Believes"/> is to be asked about those that are used.</summary>
    public IReadOnlyList<ShareRecord> Shares
    {
        get
        {
            lock (_lock) return [.. _slots.Select(slot => slot.Record).OfType<ShareRecord>()];
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
                    AddNamesakes(found, _names.Find(name));
                }

                return found;
            }

            foreach (var slot in _names.Match(filter)) AddNamesakes(found, slot);

            return found;
        }
    }

    /// <summary>Who holds some or all of a share, as each says itself; checked.</summary>
    public IReadOnlyList<(PeerId Peer, HoldingState State)> HoldersOf(InfoHash share) => HoldersOf(share, RecordBelief.Believed);

    /// <summary>Who holds some or all of a share, as was sent: <see cref="IsHolder"/> is to be asked about those that are used.</summary>
    public IReadOnlyList<(PeerId Peer, HoldingState State)> PeekHoldersOf(InfoHash share) => HoldersOf(share, RecordBelief.Claimed);

    /// <summary>Whether a peer says itself that it holds some or all of a share; checked.</summary>
    public bool IsHolder(PeerId peer, InfoHash share)
    {
        var parts = new List<HoldingsPart>();
        lock (_lock)
        {
            if (FindContent(share) is not { } known) return false;
            for (var i = 0; i < known.Holdings.Count; i++)
                if (known.Holdings[i].Slot.Record is HoldingsPart part && part.Owner == peer) parts.Add(part);
        }

        return parts.Exists(part => part.StateOf(share) != HoldingState.None && Newest(part, RecordBelief.Believed) is HoldingsPart newest && newest.StateOf(share) != HoldingState.None);
    }

    private List<(PeerId Peer, HoldingState State)> HoldersOf(InfoHash share, RecordBelief wanted)
    {
        Slot[] slots;
        lock (_lock)
        {
            if (FindContent(share) is not { Holdings.Count: > 0 } known) return [];
            slots = new Slot[known.Holdings.Count];
            for (var i = 0; i < slots.Length; i++) slots[i] = known.Holdings[i].Slot;
        }

        var found = new List<(PeerId Peer, HoldingState State)>(slots.Length);
        foreach (var slot in slots)
        {
            var record = slot.Belief < wanted ? Newest(slot.Record, wanted) : slot.Record;
            if (record is HoldingsPart part && part.StateOf(share) is var state && state != HoldingState.None) found.Add((part.Owner, state));
        }

        // A share stands in one part, or should.
        return found.Count < 2 ? found : [.. found.DistinctBy(holder => holder.Peer)];
    }

    /// <summary>Whether any publisher withdrew the share and none offers it.</summary>
    public bool IsWithdrawn(InfoHash share) => SharesOf(share) is { Count: > 0 } records && records.All(record => record.IsWithdrawn);

    /// <summary>Whether a share record is its publisher's own word, and the publisher a member. Checked once.</summary>
    public bool Believes(ShareRecord record) => Settle(record, RecordBelief.Believed);

    public CatalogueDigest GetDigest()
    {
        lock (_lock) return _digest.Clone();
    }

    /// <summary>The records that may be missing where <paramref name="other"/> is the digest: peers first, so that what they signed can be verified on arrival.</summary>
    public IReadOnlyList<SignedEntry> Difference(CatalogueDigest other)
    {
        var peers = new List<SignedEntry>();
        var shares = new List<SignedEntry>();
        var holdings = new List<SignedEntry>();
        lock (_lock)
        {
            foreach (var slot in _slots)
            {
                var record = slot.Record;
                if (!_digest.Differs(other, record.Key)) continue;
                (record.Kind switch { RecordKind.Peer => peers, RecordKind.Share => shares, _ => holdings }).Add(record.Entry);
            }
        }

        return [.. peers, .. shares, .. holdings];
    }

    /// <summary>The record, or what it took the place of should it prove false; null when nothing is left of its key.</summary>
    private SignedRecord? Newest(SignedRecord record, RecordBelief wanted)
    {
        var newest = record;
        while (!Settle(newest, wanted))
        {
            lock (_lock)
            {
                if (Find(record.Key) is not { } slot) return null;
                newest = slot.Record;
            }
        }

        return newest;
    }

    /// <summary>Checks a record as far as it is wanted and has not been before; one that proves false is dropped.</summary>
    private bool Settle(SignedRecord record, RecordBelief wanted)
    {
        Slot? slot;
        lock (_lock)
        {
            slot = Find(record.Key);
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
            if (slot is null || Find(record.Key) != slot) return false;
            var before = (slot as HoldingsSlot)?.Before;
            _digest.Remove(record);
            if (before is not null) _digest.Add(before.Record);
            Exchange(slot, before);
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
        }
        else if (_slots.Count >= MaxRecords)
        {
            return false;
        }

        _digest.Add(record);
        var slot = CreateSlot(record, belief, from);
        if (belief == RecordBelief.Claimed && slot is HoldingsSlot newer) newer.Before = known as HoldingsSlot;
        Exchange(known, slot);
        return true;
    }

    // Of a forged version that takes something away nobody would make use, and so nobody would find it out.
    private static bool IsGrowth(Slot known, SignedRecord record) =>
        known is HoldingsSlot { Before: null } && record is HoldingsPart newer && newer.Includes((HoldingsPart)known.Record);

    private static bool IsSame(SignedRecord one, SignedRecord other) =>
        ReferenceEquals(one, other)
        || (one.Version == other.Version && one.Entry.Signature.Span.SequenceEqual(other.Entry.Signature.Span) && one.Entry.Body.Span.SequenceEqual(other.Entry.Body.Span));
}
