using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Catalogue;

/// <summary>
/// All records of the swarm known here, newest version of each, indexed for search. What is put in has been verified by
/// the caller (share records: when first used). Thread-safe.
/// </summary>
internal sealed class RecordStore
{
    /// <summary>The most records kept; past it new ones are not taken in.</summary>
    public const int MaxRecords = 1_000_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<RecordKey, SignedRecord> _records = [];
    private readonly Dictionary<PeerId, PeerRecord> _peers = [];
    private readonly Dictionary<InfoHash, List<ShareRecord>> _shares = [];
    private readonly Dictionary<InfoHash, Dictionary<PeerId, HoldingState>> _holders = [];
    private readonly HashSet<RecordKey> _verifiedShares = [];
    private readonly CatalogueDigest _digest = new();

    /// <summary>Takes a record in, unless it is no newer than what is known.</summary>
    /// <returns>Whether it was news.</returns>
    public bool Put(SignedRecord record)
    {
        lock (_lock)
        {
            if (_records.TryGetValue(record.Key, out var known))
            {
                if (known.Version >= record.Version) return false;
                _digest.Remove(known);
                Unindex(known);
            }
            else if (_records.Count >= MaxRecords)
            {
                return false;
            }

            _records[record.Key] = record;
            _digest.Add(record);
            Index(record);
            return true;
        }
    }

    public long VersionOf(RecordKey key)
    {
        lock (_lock) return _records.TryGetValue(key, out var record) ? record.Version : 0;
    }

    public PeerRecord? FindPeer(PeerId peer)
    {
        lock (_lock) return _peers.GetValueOrDefault(peer);
    }

    public IReadOnlyList<PeerRecord> Peers
    {
        get
        {
            lock (_lock) return [.. _peers.Values];
        }
    }

    public HoldingsPart? FindHoldings(PeerId owner, uint part)
    {
        lock (_lock) return _records.GetValueOrDefault(RecordKey.OfHoldings(owner, part)) as HoldingsPart;
    }

    public IReadOnlyList<HoldingsPart> HoldingsOf(PeerId owner)
    {
        lock (_lock) return [.. _records.Values.OfType<HoldingsPart>().Where(part => part.Owner == owner)];
    }

    /// <summary>The highest version of any of a publisher's share records; 0 when there is none.</summary>
    public long HighestShareVersion(PeerId publisher)
    {
        lock (_lock) return _records.Values.OfType<ShareRecord>().Where(share => share.Owner == publisher).Select(share => share.Version).DefaultIfEmpty().Max();
    }

    /// <summary>The share records of one info-hash: one for each publisher and name.</summary>
    public IReadOnlyList<ShareRecord> SharesOf(InfoHash share)
    {
        lock (_lock) return _shares.TryGetValue(share, out var records) ? [.. records] : [];
    }

    /// <summary>All share records, in no order.</summary>
    public IReadOnlyList<ShareRecord> Shares
    {
        get
        {
            lock (_lock) return [.. _shares.Values.SelectMany(records => records)];
        }
    }

    /// <summary>Who says to hold some or all of a share.</summary>
    public IReadOnlyList<(PeerId Peer, HoldingState State)> HoldersOf(InfoHash share)
    {
        lock (_lock) return _holders.TryGetValue(share, out var holders) ? [.. holders.Select(pair => (pair.Key, pair.Value))] : [];
    }

    /// <summary>Whether any publisher withdrew the share and none offers it.</summary>
    public bool IsWithdrawn(InfoHash share)
    {
        lock (_lock) return _shares.TryGetValue(share, out var records) && records.TrueForAll(record => record.Details.IsWithdrawn);
    }

    /// <summary>Whether the record's signature has been verified before; remembers what <paramref name="verify"/> says.</summary>
    public bool VerifyOnce(ShareRecord record, Func<ShareRecord, bool> verify)
    {
        lock (_lock)
            if (_verifiedShares.Contains(record.Key)) return true;
        if (!verify(record)) return false;
        lock (_lock)
            if (_records.GetValueOrDefault(record.Key) == record) _verifiedShares.Add(record.Key);
        return true;
    }

    public CatalogueDigest GetDigest()
    {
        lock (_lock) return _digest.Clone();
    }

    /// <summary>The records that may be missing where <paramref name="other"/> is the digest: peers first, so that what they signed can be verified on arrival.</summary>
    public IReadOnlyList<SignedEntry> Difference(CatalogueDigest other)
    {
        lock (_lock)
            return [.. _records.Values.Where(record => _digest.Differs(other, record.Key)).OrderBy(record => record.Kind).Select(record => record.Entry)];
    }

    private void Index(SignedRecord record)
    {
        switch (record)
        {
            case PeerRecord peer:
                _peers[peer.Owner] = peer;
                break;
            case ShareRecord share:
                if (!_shares.TryGetValue(share.Details.InfoHash, out var shares)) _shares[share.Details.InfoHash] = shares = [];
                shares.Add(share);
                break;
            case HoldingsPart part:
                foreach (var item in part.Items)
                {
                    if (!_holders.TryGetValue(item.InfoHash, out var holders)) _holders[item.InfoHash] = holders = [];
                    holders[part.Owner] = item.State;
                }

                break;
        }
    }

    private void Unindex(SignedRecord record)
    {
        switch (record)
        {
            case ShareRecord share:
                _verifiedShares.Remove(share.Key);
                if (_shares.TryGetValue(share.Details.InfoHash, out var shares)) shares.Remove(share);
                break;
            case HoldingsPart part:
                foreach (var item in part.Items)
                {
                    if (!_holders.TryGetValue(item.InfoHash, out var holders)) continue;
                    holders.Remove(part.Owner);
                    if (holders.Count == 0) _holders.Remove(item.InfoHash);
                }

                break;
        }
    }
}
