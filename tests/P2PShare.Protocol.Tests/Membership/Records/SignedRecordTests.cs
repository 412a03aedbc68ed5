using System.Security.Cryptography;
using System.Text;
using FsCheck.Xunit;
using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Tests.Wire;

namespace P2PShare.Protocol.Tests.Membership.Records;

public sealed class SignedRecordTests
{
    private static readonly TestPeer Alice = TestPeer.Alice;
    private static readonly TestPeer Bob = TestPeer.Bob;

    private static NameGrant Grant(TestPeer root, TestPeer peer, string name = "alpha") =>
        NameGrant.Sign(peer.Id, name, PeerRoles.MayCoordinate, 1_800_000_000, root);

    [Fact]
    public void A_peer_record_says_the_same_after_its_journey()
    {
        var record = Alice.Record(17, Grant(Bob, Alice));
        var read = Assert.IsType<PeerRecord>(SignedEntry.Parse(record.Entry.Encode()).ToRecord());

        Assert.Equal(Alice.Id, read.Owner);
        Assert.Equal(17, read.Version);
        Assert.Equal(RecordKey.OfPeer(Alice.Id), read.Key);
        Assert.Equal(Alice.Certificate, read.Certificate.ToArray());
        Assert.Equal(Alice.Key.ExportSubjectPublicKeyInfo(), read.PublicKey.ToArray());
        Assert.Equal(record.Details with { Grant = null, Addresses = [] }, read.Details with { Grant = null, Addresses = [] });
        Assert.Equal(record.Details.Addresses, read.Details.Addresses);
        Assert.Equal(record.Details.Grant!.Encode(), read.Details.Grant!.Encode());
        Assert.True(read.Verify());
    }

    [Fact]
    public void A_peer_need_not_say_how_much_space_it_has()
    {
        var record = PeerRecord.Sign(new PeerDetails { Name = "x" }, Alice.Certificate, 1, Alice);
        Assert.Equal(-1, PeerRecord.Parse(record.Entry).Details.FreeSpace);
        Assert.Null(record.Details.Grant);
    }

    [Fact]
    public void A_share_record_says_the_same_after_its_journey()
    {
        var record = Alice.ShareRecord(5, 99, "Ärger 😀.iso", withdrawn: true);
        var read = Assert.IsType<ShareRecord>(SignedEntry.Parse(record.Entry.Encode()).ToRecord());
        Assert.Equal(record.Details, read.Details);
        Assert.True(read.Details.IsWithdrawn);
        Assert.Equal((99, Alice.Id), (read.Version, read.Owner));
        Assert.Equal(RecordKey.OfShare(Alice.Id, TestPeer.Share(5), "Ärger 😀.iso"), read.Key);
        Assert.True(read.Verify(Alice.Key));
        Assert.True(read.Verify(Alice.Record()));
    }

    [Property(MaxTest = 50)]
    public void Every_share_record_says_the_same_after_its_journey(long length, int files, bool open, bool withdrawn, bool bare, uint version)
    {
        var details = new ShareDetails
        {
            Publisher = Alice.Id,
            InfoHash = TestPeer.Share(files),
            Name = "n" + files,
            TotalLength = length & long.MaxValue,
            FileCount = files & int.MaxValue,
            IsOpen = open,
            IsWithdrawn = withdrawn,
            Attributes = bare ? null : Hash256.Of([1]),
            Supersedes = bare ? null : TestPeer.Share(1),
        };
        var read = ShareRecord.Parse(SignedEntry.Parse(ShareRecord.Sign(details, 1L + version, Alice).Entry.Encode()));
        Assert.Equal(details, read.Details);
        Assert.Equal(1L + version, read.Version);
    }

    [Fact]
    public void A_name_grant_is_the_roots_word()
    {
        var grant = NameGrant.Parse(Grant(Bob, Alice).Encode());
        Assert.Equal((Alice.Id, "alpha", PeerRoles.MayCoordinate, 1_800_000_000L), (grant.Peer, grant.Name, grant.Roles, grant.NotAfterUnixTimeSeconds));
        Assert.True(grant.Verify(Bob.Key));
        Assert.False(grant.Verify(Alice.Key));
    }

    [Fact]
    public void No_one_else_can_sign()
    {
        var forged = ShareRecord.Sign(Alice.ShareRecord(1).Details, 5, Bob);
        Assert.Equal(Alice.Id, forged.Owner);
        Assert.False(forged.Verify(Alice.Key));
        Assert.False(forged.Verify(Alice.Record()));
        // Bob's key is right, but he is not the owner.
        Assert.True(forged.Verify(Bob.Key));
        Assert.False(forged.Verify(Bob.Record()));

        var stolen = PeerRecord.Sign(Alice.Record().Details, Alice.Certificate, 5, Bob);
        Assert.False(stolen.Verify());
    }

    [Fact]
    public void A_signature_is_good_for_one_kind_and_one_body_alone()
    {
        var record = Alice.ShareRecord(1);
        var entry = record.Entry;
        for (var i = 0; i < entry.Signature.Length; i += 7)
        {
            var signature = entry.Signature.ToArray();
            signature[i] ^= 4;
            Assert.False(ShareRecord.Parse(Entry(RecordKind.Share, entry.Body.ToArray(), signature)).Verify(Alice.Key));
        }

        var other = Alice.ShareRecord(2).Entry;
        Assert.False(ShareRecord.Parse(Entry(RecordKind.Share, entry.Body.ToArray(), other.Signature.ToArray())).Verify(Alice.Key));

        // What was signed is the prefix, the kind, a zero byte and the body, in that order.
        byte[] input = [.. "p2pshare/1 share\0"u8, .. entry.Body.Span];
        Assert.True(Alice.Key.VerifyData(input, entry.Signature.Span, HashAlgorithmName.SHA256));
        input[11] = (byte)'S';
        Assert.False(Alice.Key.VerifyData(input, entry.Signature.Span, HashAlgorithmName.SHA256));
    }

    [Fact]
    public void A_peer_record_must_be_its_certificates()
    {
        AssertFault(MembershipErrorKind.ForeignOwner, Changed(Alice.Record(), Alice.Id.Value.ToArray(), Bob.Id.Value.ToArray()));
        AssertFault(MembershipErrorKind.ForeignOwner, Changed(Alice.Record(), "5:alpha"u8.ToArray(), "5:alpha"u8.ToArray(), Grant(Bob, Bob)));
        AssertFault(MembershipErrorKind.ForeignOwner, Changed(Alice.Record(), "5:alpha"u8.ToArray(), "5:alpha"u8.ToArray(), Grant(Bob, Alice, "omega")));
        Assert.Throws<MembershipException>(() => Alice.Record(1, Grant(Bob, Bob)));
    }

    [Fact]
    public void A_certificate_must_be_one_with_a_P_256_key()
    {
        using var rsa = RSA.Create(2048);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=x", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var rsaCertificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(1));
        var pem = Encoding.ASCII.GetBytes(System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", Alice.Certificate));
        byte[][] bad = [rsaCertificate.RawData, TestPeer.Create(ECCurve.NamedCurves.nistP384).Certificate, pem, [.. Alice.Certificate, 0], Alice.Certificate[..^1], [0x30]];
        foreach (var certificate in bad)
        {
            Assert.Equal(
                MembershipErrorKind.InvalidCertificate,
                Assert.Throws<MembershipException>(() => PeerRecord.Sign(new PeerDetails { Name = "x" }, certificate, 1, Alice)).Kind);
        }

        Assert.ThrowsAny<ArgumentException>(() => PeerRecord.Sign(new PeerDetails { Name = "x" }, new byte[5000], 1, Alice));
    }

    [Fact]
    public void Does_not_sign_what_nobody_would_read()
    {
        var details = Alice.ShareRecord(1).Details;
        Assert.Throws<ArgumentException>(() => ShareRecord.Sign(details with { Name = "" }, 1, Alice));
        Assert.Throws<ArgumentException>(() => ShareRecord.Sign(details with { Name = new string('ä', 128) }, 1, Alice));
        Assert.NotNull(ShareRecord.Sign(details with { Name = new string('ä', 127) }, 1, Alice));
        Assert.ThrowsAny<ArgumentException>(() => ShareRecord.Sign(details with { Name = "\ud800" }, 1, Alice));
        Assert.ThrowsAny<ArgumentException>(() => ShareRecord.Sign(details with { TotalLength = -1 }, 1, Alice));
        Assert.ThrowsAny<ArgumentException>(() => ShareRecord.Sign(details with { FileCount = -1 }, 1, Alice));
        Assert.ThrowsAny<ArgumentException>(() => ShareRecord.Sign(details, 0, Alice));
        Assert.ThrowsAny<ArgumentException>(() => ShareRecord.Sign(details, MembershipLimits.MaxNumber + 1, Alice));
    }

    [Fact]
    public void Records_of_other_kinds_are_not_mistaken()
    {
        var share = Alice.ShareRecord(1).Entry;
        Assert.Equal(MembershipErrorKind.UnexpectedType, Assert.Throws<MembershipException>(() => PeerRecord.Parse(share)).Kind);
        Assert.Equal(MembershipErrorKind.UnexpectedType, Assert.Throws<MembershipException>(() => HoldingsPart.Parse(share)).Kind);
        Assert.Equal(MembershipErrorKind.UnexpectedType, Assert.Throws<MembershipException>(() => HoldingsDelta.Parse(share)).Kind);
        Assert.Null(Entry((RecordKind)77, "de"u8.ToArray(), new byte[64]).ToRecord());
        Assert.Throws<MembershipException>(() => Entry(RecordKind.Holdings, share.Body.ToArray(), share.Signature.ToArray()).ToRecord());
    }

    [Fact]
    public void An_entry_knows_its_size_and_keeps_its_bytes()
    {
        foreach (var entry in (SignedEntry[])[Alice.ShareRecord(1).Entry, Alice.Record().Entry, Entry((RecordKind)200, "de"u8.ToArray(), new byte[64])])
        {
            var encoded = entry.Encode();
            Assert.Equal(encoded.Length, entry.EncodedSize);
            Assert.Equal(encoded, SignedEntry.Parse(encoded).Encode());
        }
    }

    [Fact]
    public void Versions_grow_with_the_clock_and_without_it()
    {
        Assert.Equal(1000, MembershipLimits.NextVersion(5, 1000));
        Assert.Equal(2001, MembershipLimits.NextVersion(2000, 1000));
    }

    [Fact]
    public void Survives_hostile_bytes()
    {
        SignedEntry[] samples = [Alice.Record(1, Grant(Bob, Alice)).Entry, Alice.ShareRecord(1).Entry, Alice.Holdings(1, (1, HoldingState.Partial), (2, HoldingState.Complete)).Entry];
        foreach (var sample in samples)
        {
            var bodies = Mutator.Mutations(sample.Body.ToArray(), seed: (int)sample.Kind, count: 1000).Concat(Mutator.Noise(seed: 9, count: 100));
            var refused = Mutator.CountRefused(bodies, body =>
            {
                // A changed body that still parses is caught by its signature.
                var record = new SignedEntry(sample.Kind, body, sample.Signature.ToArray()).ToRecord()!;
                Assert.Equal(body.AsSpan().SequenceEqual(sample.Body.Span), record.Verify(Alice.Key));
            });
            Assert.True(refused > 300);
            Assert.True(Mutator.CountRefused(Mutator.Mutations(sample.Encode(), 8, 1000), bytes => SignedEntry.Parse(bytes).ToRecord()) > 300);
        }

        var certificates = Mutator.Mutations(Alice.Certificate, seed: 4, count: 1000);
        Assert.True(Mutator.CountRefused(certificates, bytes => LeafCertificate.ReadPublicKey(bytes)) > 300);
    }

    private static SignedEntry Entry(RecordKind kind, byte[] body, byte[] signature) => new(kind, body, signature);

    // Swaps bytes of a body for others of the same length, and puts a grant in.
    private static SignedEntry Changed(SignedRecord record, byte[] from, byte[] to, NameGrant? grant = null)
    {
        var body = record.Entry.Body.ToArray();
        to.CopyTo(body, body.AsSpan().IndexOf(from));
        if (grant is not null)
        {
            var writer = new BencodeWriter();
            writer.WriteByteString(grant.Encode());
            byte[] field = [.. "5:grant"u8, .. writer.ToArray()];
            var at = body.AsSpan().IndexOf("2:id32:"u8);
            body = [.. body[..at], .. field, .. body[at..]];
        }

        return new SignedEntry(record.Kind, body, record.Entry.Signature.ToArray());
    }

    private static void AssertFault(MembershipErrorKind kind, SignedEntry entry) =>
        Assert.Equal(kind, Assert.Throws<MembershipException>(() => entry.ToRecord()).Kind);
}
