using System.Security.Cryptography;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>
/// Who a peer is and where. It holds the peer's leaf certificate, so it brings the key with which all of that peer's
/// records are verified; that the certificate belongs to the swarm must be checked before any of it is believed.
/// </summary>
public sealed class PeerRecord : SignedRecord
{
    private readonly byte[] _certificate;
    private readonly byte[] _publicKey;

    private PeerRecord(SignedEntry entry, PeerId owner, long version, PeerDetails details, byte[] certificate, byte[] publicKey)
        : base(entry, RecordKey.OfPeer(owner), version)
    {
        Owner = owner;
        Details = details;
        _certificate = certificate;
        _publicKey = publicKey;
    }

    public override PeerId Owner { get; }

    public PeerDetails Details { get; }

    /// <summary>The leaf certificate, in DER.</summary>
    public ReadOnlyMemory<byte> Certificate => _certificate;

    /// <summary>The leaf's SubjectPublicKeyInfo, in DER; its SHA-256 is the owner's id.</summary>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <param name="details">What to say.</param>
    /// <param name="certificate">The leaf certificate, in DER, at most 4 KiB.</param>
    /// <param name="version">See <see cref="MembershipLimits.NextVersion"/>.</param>
    /// <param name="signer">The leaf's key.</param>
    /// <exception cref="ArgumentException">A value that no reader would accept.</exception>
    /// <exception cref="MembershipException">The certificate's key is not ECDSA P-256, or the grant is another peer's.</exception>
    public static PeerRecord Sign(PeerDetails details, ReadOnlySpan<byte> certificate, long version, IRecordSigner signer)
    {
        ArgumentNullException.ThrowIfNull(details);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(certificate.Length, MembershipLimits.MaxCertificate, nameof(certificate));
        ArgumentOutOfRangeException.ThrowIfLessThan(details.FreeSpace, -1, nameof(details));
        var writer = new BencodeWriter(1024);
        writer.WriteDictionaryStart();
        writer.Addresses("addresses"u8, details.Addresses);
        writer.Field("certificate"u8, certificate);
        if (details.FreeSpace >= 0) writer.Field("free"u8, details.FreeSpace);
        if (details.Grant is not null) writer.Field("grant"u8, details.Grant.Encode());
        writer.Field("id"u8, Hash256.Of(LeafCertificate.ReadPublicKey(certificate)));
        writer.Text("name"u8, details.Name, MembershipLimits.MaxName, minLength: 1);
        writer.Field("roles"u8, (int)details.Roles);
        writer.Text("software"u8, details.Software, MembershipLimits.MaxSoftware);
        writer.Number("version"u8, version, min: 1);
        writer.WriteEnd();
        var body = writer.ToArray();
        return Parse(new SignedEntry(RecordKind.Peer, body, RecordSignature.Sign(signer, RecordSignature.Peer, body)));
    }

    /// <exception cref="MembershipException">Also when id and certificate, or id and grant, do not belong together.</exception>
    public static PeerRecord Parse(SignedEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        entry.Require(RecordKind.Peer);
        var fields = MembershipFields.Parse(entry.BodySpan);
        var certificate = fields.Bytes("certificate"u8, 1, MembershipLimits.MaxCertificate).ToArray();
        var publicKey = LeafCertificate.ReadPublicKey(certificate);
        var owner = fields.Peer("id"u8);
        if (owner.Value != Hash256.Of(publicKey))
            throw new MembershipException(MembershipErrorKind.ForeignOwner, "A peer record's id is not that of its certificate.");

        var details = new PeerDetails
        {
            Addresses = fields.Addresses("addresses"u8),
            FreeSpace = fields.Integer("free"u8, 0, long.MaxValue, otherwise: -1),
            Grant = fields.Has("grant"u8) ? NameGrant.Parse(fields.Bytes("grant"u8, 2, MembershipLimits.MaxGrant)) : null,
            Name = fields.Text("name"u8, 1, MembershipLimits.MaxName),
            Roles = (PeerRoles)fields.Integer("roles"u8, 0, int.MaxValue),
            Software = fields.Text("software"u8, 0, MembershipLimits.MaxSoftware),
        };
        if (details.Grant is { } grant && (grant.Peer != owner || grant.Name != details.Name))
            throw new MembershipException(MembershipErrorKind.ForeignOwner, "A peer record's grant is for another peer or another name.");
        return new PeerRecord(entry, owner, fields.Number("version"u8, min: 1), details, certificate, publicKey);
    }

    /// <summary>The key that signed this peer's records, for the caller to dispose.</summary>
    /// <exception cref="MembershipException">The certificate's key is no point of the curve.</exception>
    public ECDsa OpenPublicKey()
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(_publicKey, out _);
            return key;
        }
        catch (CryptographicException fault)
        {
            key.Dispose();
            throw new MembershipException(MembershipErrorKind.InvalidCertificate, "The certificate's key is no point of P-256.", fault);
        }
    }

    /// <summary>Whether the certificate's own key signed the record.</summary>
    public bool Verify() => Verify(this);

    private protected override string SignatureKind => RecordSignature.Peer;
}
