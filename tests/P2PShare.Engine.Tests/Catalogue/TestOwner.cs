using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Catalogue;

/// <summary>A key with a leaf, that signs records of its own or, as a forger, those of others.</summary>
internal sealed class TestOwner : IRecordSigner, IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestOwner(string name)
    {
        Name = name;
        using var leaf = new CertificateRequest("CN=test", _key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue.AddYears(-10));
        Leaf = leaf.RawData;
        Id = new PeerId(Hash256.Of(leaf.PublicKey.ExportSubjectPublicKeyInfo()));
    }

    public string Name { get; }

    public PeerId Id { get; }

    public byte[] Leaf { get; }

    public byte[] Sign(ReadOnlySpan<byte> data) => _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    /// <summary>The peer's record of a version.</summary>
    /// <param name="signer">Who really signs it; null for the owner.</param>
    public PeerRecord Peer(long version, TestOwner? signer = null, string? name = null, params IPEndPoint[] addresses) =>
        PeerRecord.Sign(new PeerDetails { Name = name ?? Name, Addresses = addresses }, Leaf, version, signer ?? this);

    public ShareRecord Share(InfoHash share, string name, long version, TestOwner? signer = null, bool withdrawn = false) => ShareRecord.Sign(
        new ShareDetails { Publisher = Id, InfoHash = share, Name = name, TotalLength = 1, FileCount = 1, IsWithdrawn = withdrawn }, version, signer ?? this);

    public HoldingsPart Holdings(InfoHash share, HoldingState state, long version, TestOwner? signer = null) =>
        HoldingsPart.Sign(Id, 0, version, [new HoldingsItem(share, state)], signer ?? this);

    public void Dispose() => _key.Dispose();
}
