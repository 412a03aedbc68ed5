using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Tests.Membership;

/// <summary>A key with a self-signed certificate: all that a record needs.</summary>
internal sealed class TestPeer : IRecordSigner
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private TestPeer(ECDsa key, byte[] certificate)
    {
        Key = key;
        Certificate = certificate;
        Id = new PeerId(Hash256.Of(key.ExportSubjectPublicKeyInfo()));
    }

    public static TestPeer Alice { get; } = Create();

    public static TestPeer Bob { get; } = Create();

    public ECDsa Key { get; }

    public byte[] Certificate { get; }

    public PeerId Id { get; }

    public static TestPeer Create(ECCurve? curve = null)
    {
        var key = ECDsa.Create(curve ?? ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSelfSigned(Start, Start.AddYears(1));
        return new TestPeer(key, certificate.RawData);
    }

    public static InfoHash Share(int number) => new(Hash256.Of(BitConverter.GetBytes(number)));

    public byte[] Sign(ReadOnlySpan<byte> data) => Key.SignData(data, HashAlgorithmName.SHA256);

    public PeerRecord Record(long version = 1, NameGrant? grant = null, string name = "alpha") => PeerRecord.Sign(
        new PeerDetails
        {
            Name = name,
            Addresses = [IPEndPoint.Parse("192.0.2.1:5000"), IPEndPoint.Parse("[2001:db8::1]:5001")],
            Roles = PeerRoles.MayCoordinate,
            FreeSpace = 123_456_789_012,
            Software = "P2PShare 0.1.0",
            Grant = grant,
        },
        Certificate,
        version,
        this);

    public ShareRecord ShareRecord(int number, long version = 1, string name = "disc.iso", bool withdrawn = false) => Protocol.Membership.Records.ShareRecord.Sign(
        new ShareDetails
        {
            Publisher = Id,
            InfoHash = Share(number),
            Name = name,
            TotalLength = 5_000_000_000,
            FileCount = 3,
            Attributes = Hash256.Of("attributes"u8),
            Supersedes = Share(number - 1),
            IsOpen = true,
            IsWithdrawn = withdrawn,
        },
        version,
        this);

    public HoldingsPart Holdings(long version, params (int Share, HoldingState State)[] items) =>
        HoldingsPart.Sign(Id, 7, version, items.Select(item => new HoldingsItem(Share(item.Share), item.State)), this);
}
