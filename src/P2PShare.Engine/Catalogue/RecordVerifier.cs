using System.Collections.Concurrent;
using System.Security.Cryptography;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine.Catalogue;

/// <summary>Decides which entries of others are believed, and takes those into the store. Thread-safe.</summary>
internal sealed class RecordVerifier : IRecordJudge
{
    private const int MaxCertificates = 20_000;
    private const int MaxKeys = 1024;

    private readonly RecordStore _store;
    private readonly ISwarmTrustAnchor _trust;
    private readonly ConcurrentDictionary<Hash256, byte> _certificates = new();

    // A key takes twice as long to read as a signature to verify, and most owners have many records.
    private readonly ConcurrentDictionary<PeerId, ECDsa> _keys = new();

    public RecordVerifier(RecordStore store, ISwarmTrustAnchor trust)
    {
        _store = store;
        _trust = trust;
        store.Judge = this;
    }

    /// <summary>Called with who sent it and what is wrong when a record that was taken in unchecked proves false on its first use.</summary>
    public Action<string, string>? Disproved { get; set; }

    /// <summary>Notes a leaf that proved in a handshake to be an ordinary member's, so that its chain is not built again.</summary>
    public void NoteMember(ReadOnlySpan<byte> leaf)
    {
        if (leaf.Length > 0) Remember(CertificateKey(leaf, null));
    }

    /// <summary>Takes an entry in if it is genuine and new; it is checked in full.</summary>
    /// <param name="entry">As it came.</param>
    /// <param name="problem">Why it is refused; null when it is not.</param>
    /// <returns>Whether it was news.</returns>
    public bool TryAccept(SignedEntry entry, out string? problem) => TryAccept(entry, RecordBelief.Believed, "", out problem);

    /// <summary>Takes an entry in if it is new; what is not checked now is checked when the record is first used.</summary>
    /// <param name="entry">As it came.</param>
    /// <param name="now">How far it is checked now.</param>
    /// <param name="from">Who sent it, for the event when it proves false later.</param>
    /// <param name="problem">Why it is refused; null when it is not.</param>
    /// <returns>Whether it was news.</returns>
    public bool TryAccept(SignedEntry entry, RecordBelief now, string from, out string? problem)
    {
        problem = null;
        try
        {
            if (entry.Kind == RecordKind.HoldingsDelta) return AcceptDelta(HoldingsDelta.Parse(entry), from, out problem);
            return entry.ToRecord() is { } record && TryAccept(record, now, from, out problem);
        }
        catch (ProtocolException error)
        {
            problem = error.Message;
            return false;
        }
    }

    /// <summary>As with an entry, for one that has been parsed.</summary>
    public bool TryAccept(SignedRecord record, RecordBelief now, string from, out string? problem)
    {
        problem = null;
        if (!_store.IsNews(record)) return false;
        if (record is not PeerRecord && _store.PeekPeer(record.Owner) is null) problem = OfNobody(record);
        else if (now != RecordBelief.Claimed) problem = Judge(record, RecordBelief.Claimed, now);
        return problem is null && _store.Put(record, now, from);
    }

    /// <summary>Whether a share record is its publisher's own word; checked when the share is first used.</summary>
    public bool IsGenuine(ShareRecord share) => _store.Believes(share);

    public string? Judge(SignedRecord record, RecordBelief known, RecordBelief wanted)
    {
        try
        {
            if (record is PeerRecord peer) return JudgePeer(peer, known, wanted);
            // Any record of that id has the key that the id is made of.
            var owner = wanted == RecordBelief.Believed ? _store.FindPeer(record.Owner) : _store.PeekPeer(record.Owner);
            if (owner is null) return OfNobody(record);
            if (known >= RecordBelief.Signed || IsSigned(record, owner)) return null;
            return record is ShareRecord share
                ? $"a share '{share.Name}' that '{owner.Details.Name}' did not sign"
                : $"holdings that '{owner.Details.Name}' did not sign";
        }
        catch (ProtocolException error)
        {
            return error.Message;
        }
    }

    void IRecordJudge.OnFalse(string from, string problem) => Disproved?.Invoke(from, problem);

    private string? JudgePeer(PeerRecord record, RecordBelief known, RecordBelief wanted)
    {
        var details = record.Details;
        if (wanted == RecordBelief.Believed)
        {
            var key = CertificateKey(record.Certificate.Span, details.Grant);
            if (!_certificates.ContainsKey(key))
            {
                if (!_trust.TryValidatePeer(record.Certificate.Span, details.Grant, out var reason)) return $"the record of '{details.Name}': its certificate {reason}";
                Remember(key);
            }
        }

        if (known < RecordBelief.Signed && !IsSigned(record, record)) return $"the record of '{details.Name}' is not signed by its owner";
        if (wanted == RecordBelief.Believed && details.Grant is null && ReservedBy(details.Name) is { } owner && owner != record.Owner)
            return $"the name '{details.Name}' is reserved for another peer";
        return null;
    }

    private bool AcceptDelta(HoldingsDelta delta, string from, out string? problem)
    {
        problem = null;
        if (_store.PeekPeer(delta.Owner) is not { } owner)
        {
            problem = "holdings of a peer that nobody knows";
            return false;
        }

        var key = KeyOf(owner);
        HoldingsDeltaOutcome outcome;
        HoldingsPart? updated;
        lock (key) outcome = delta.TryApply(_store.PeekHoldings(delta.Owner, delta.Part), key, out updated);
        switch (outcome)
        {
            case HoldingsDeltaOutcome.Applied:
                return _store.Put(updated!, RecordBelief.Signed, from);
            // What is newer here, or what the change was applied to, may itself be false.
            case HoldingsDeltaOutcome.Stale when _store.VersionOf(delta.Key) >= delta.Version:
                return false;
            default:
                _store.VersionOf(delta.Key);
                problem = $"a change of the holdings of '{owner.Details.Name}' that does not fit";
                return false;
        }
    }

    private bool IsSigned(SignedRecord record, PeerRecord owner)
    {
        var key = KeyOf(owner);
        // Nothing says that a key may be used by several threads at once.
        lock (key) return record.Owner == owner.Owner && record.Verify(key);
    }

    // Whatever record of the owner it is read from: the owner's id is made of the key.
    private ECDsa KeyOf(PeerRecord owner)
    {
        if (_keys.TryGetValue(owner.Owner, out var key)) return key;
        // Those that are dropped may be in use: the collector takes them.
        if (_keys.Count >= MaxKeys) _keys.Clear();
        return _keys.GetOrAdd(owner.Owner, static (_, owner) => owner.OpenPublicKey(), owner);
    }

    private PeerId? ReservedBy(string name)
    {
        foreach (var peer in _store.Granted)
        {
            if (_store.PeekPeer(peer)?.Details.Grant is { } grant && string.Equals(grant.Name, name, StringComparison.OrdinalIgnoreCase) && _store.FindPeer(peer) is not null)
                return peer;
        }

        return null;
    }

    private void Remember(Hash256 key)
    {
        if (_certificates.Count >= MaxCertificates) _certificates.Clear();
        _certificates.TryAdd(key, 0);
    }

    // A certificate counts together with the name that comes with it: one may not do without the other.
    private static Hash256 CertificateKey(ReadOnlySpan<byte> certificate, NameGrant? grant) =>
        Hash256.Of(grant is null ? certificate : [.. certificate, .. grant.Encode()]);

    private static string OfNobody(SignedRecord record) =>
        record is ShareRecord ? "a share of a publisher that nobody knows" : "holdings of a peer that nobody knows";
}
