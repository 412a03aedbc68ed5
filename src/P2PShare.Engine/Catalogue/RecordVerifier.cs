using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine.Catalogue;

/// <summary>Decides which entries of others are believed, and takes those into the store.</summary>
internal sealed class RecordVerifier(RecordStore store, ISwarmTrustAnchor trust)
{
    /// <summary>Takes an entry in if it is genuine and new.</summary>
    /// <param name="entry">As it came.</param>
    /// <param name="problem">Why it is refused; null when it is not.</param>
    /// <returns>Whether it was news.</returns>
    public bool TryAccept(SignedEntry entry, out string? problem)
    {
        problem = null;
        try
        {
            return entry.Kind switch
            {
                RecordKind.Peer => AcceptPeer(PeerRecord.Parse(entry), out problem),
                RecordKind.Share => AcceptShare(ShareRecord.Parse(entry), out problem),
                RecordKind.Holdings => AcceptHoldings(HoldingsPart.Parse(entry), out problem),
                RecordKind.HoldingsDelta => AcceptDelta(HoldingsDelta.Parse(entry), out problem),
                _ => false,
            };
        }
        catch (ProtocolException error)
        {
            problem = error.Message;
            return false;
        }
    }

    /// <summary>Whether a share record is its publisher's own word; verified when the share is first used.</summary>
    public bool IsGenuine(ShareRecord share) => store.VerifyOnce(share, record =>
    {
        if (store.FindPeer(record.Owner) is not { } publisher) return false;
        using var key = publisher.OpenPublicKey();
        return record.Verify(key);
    });

    private bool AcceptPeer(PeerRecord record, out string? problem)
    {
        problem = null;
        if (store.VersionOf(record.Key) >= record.Version) return false;
        // The same certificate is not checked again: that costs more than all the rest.
        var known = store.FindPeer(record.Owner);
        var isKnown = known is not null && known.Details.Grant is null && record.Details.Grant is null && known.Certificate.Span.SequenceEqual(record.Certificate.Span);
        if (!isKnown && !trust.TryValidatePeer(record.Certificate.Span, record.Details.Grant, out var reason))
        {
            problem = $"the record of '{record.Details.Name}': its certificate {reason}";
            return false;
        }

        if (!record.Verify())
        {
            problem = $"the record of '{record.Details.Name}' is not signed by its owner";
            return false;
        }

        if (record.Details.Grant is null && ReservedBy(record.Details.Name) is { } owner && owner != record.Owner)
        {
            problem = $"the name '{record.Details.Name}' is reserved for another peer";
            return false;
        }

        return store.Put(record);
    }

    private bool AcceptShare(ShareRecord record, out string? problem)
    {
        problem = store.FindPeer(record.Owner) is null ? "a share of a publisher that nobody knows" : null;
        return problem is null && store.Put(record);
    }

    private bool AcceptHoldings(HoldingsPart part, out string? problem)
    {
        problem = null;
        if (store.VersionOf(part.Key) >= part.Version) return false;
        if (store.FindPeer(part.Owner) is not { } owner)
        {
            problem = "holdings of a peer that nobody knows";
            return false;
        }

        using var key = owner.OpenPublicKey();
        if (part.Verify(key)) return store.Put(part);
        problem = $"holdings that '{owner.Details.Name}' did not sign";
        return false;
    }

    private bool AcceptDelta(HoldingsDelta delta, out string? problem)
    {
        problem = null;
        if (store.FindPeer(delta.Owner) is not { } owner)
        {
            problem = "holdings of a peer that nobody knows";
            return false;
        }

        using var key = owner.OpenPublicKey();
        switch (delta.TryApply(store.FindHoldings(delta.Owner, delta.Part), key, out var updated))
        {
            case HoldingsDeltaOutcome.Applied:
                return store.Put(updated!);
            case HoldingsDeltaOutcome.Stale:
                return false;
            default:
                problem = $"a change of the holdings of '{owner.Details.Name}' that does not fit";
                return false;
        }
    }

    private PeerId? ReservedBy(string name)
    {
        foreach (var peer in store.Peers)
            if (peer.Details.Grant is { } grant && string.Equals(grant.Name, name, StringComparison.OrdinalIgnoreCase)) return peer.Owner;
        return null;
    }
}
