using System.Security.Cryptography;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>What one peer says of itself, in a form that anybody can pass on and nobody else can have written. Immutable; its bytes are kept as they came.</summary>
public abstract class SignedRecord
{
    private readonly SignedEntry _entry;
    private readonly Hash256 _key;

    private protected SignedRecord(SignedEntry entry, RecordKey key, long version)
    {
        _entry = entry;
        _key = key.Hash;
        Version = version;
    }

    public RecordKind Kind => _entry.Kind;

    /// <summary>Of two records with one key the one with the higher version is valid.</summary>
    public RecordKey Key => new(Kind, _key);

    /// <summary>Whose key must have signed it.</summary>
    public abstract PeerId Owner { get; }

    /// <summary>From 1; the larger of the version before + 1 and the owner's clock in milliseconds since 1970.</summary>
    public long Version { get; }

    /// <summary>The record as it travels.</summary>
    public SignedEntry Entry => _entry;

    /// <summary>Whether that peer is the owner and its certificate's key signed this.</summary>
    public bool Verify(PeerRecord owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        if (owner.Owner != Owner) return false;
        try
        {
            using var key = owner.OpenPublicKey();
            return Verify(key);
        }
        catch (MembershipException)
        {
            return false;
        }
    }

    /// <summary>Whether the owner signed it. The caller says which key is the owner's: that of its peer record.</summary>
    public bool Verify(ECDsa ownerKey) => RecordSignature.Verify(ownerKey, SignatureKind, _entry.BodySpan, _entry.SignatureSpan);

    private protected abstract string SignatureKind { get; }
}
