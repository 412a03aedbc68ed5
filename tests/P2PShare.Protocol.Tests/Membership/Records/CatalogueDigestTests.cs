using System.Security.Cryptography;
using FsCheck.Xunit;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Protocol.Tests.Membership.Records;

public sealed class CatalogueDigestTests
{
    [Property]
    public void Does_not_depend_on_the_order_and_forgets_what_is_taken_away(int[] shares, int seed)
    {
        var keys = shares.Distinct().Select(number => (Key: RecordKey.OfPeer(new PeerId(TestPeer.Share(number).Value)), Version: Math.Abs((long)number))).ToArray();
        var one = new CatalogueDigest();
        foreach (var (key, version) in keys) one.Add(key, version);
        new Random(seed).Shuffle(keys);
        var other = new CatalogueDigest();
        foreach (var (key, version) in keys) other.Add(key, version);
        Assert.True(one.IsSameAs(other));
        Assert.True(one.IsSameAs(CatalogueDigest.Parse(one.ToArray())));

        foreach (var (key, version) in keys) other.Remove(key, version);
        Assert.True(other.IsSameAs(new CatalogueDigest()));
        Assert.Equal(keys.Length == 0, one.IsSameAs(other));
    }

    [Fact]
    public void Differs_in_the_one_bucket_that_differs()
    {
        var shares = Enumerable.Range(0, 200).Select(i => TestPeer.Alice.ShareRecord(i)).ToList();
        var peer = TestPeer.Alice.Record();
        var one = new CatalogueDigest();
        foreach (var share in shares) one.Add(share);
        one.Add(peer);
        var other = one.Clone();
        var changed = shares[42];
        other.Remove(changed);
        Assert.False(other.IsSameAs(one));
        other.Add(changed.Key, changed.Version + 1);

        Assert.False(one.Differs(other, peer.Key));
        Assert.All(shares, share => Assert.Equal(CatalogueDigest.BucketOf(share.Key) == CatalogueDigest.BucketOf(changed.Key), one.Differs(other, share.Key)));
        other.Remove(changed.Key, changed.Version + 1);
        other.Add(changed);
        Assert.True(one.IsSameAs(other));
    }

    [Fact]
    public void Is_made_as_the_protocol_says()
    {
        var owner = TestPeer.Alice.Id.Value.ToArray();
        byte[] keyInput = [(byte)RecordKind.Holdings, .. owner, 0, 0, 1, 2];
        var key = SHA256.HashData(keyInput);
        byte[] fingerprintInput = [.. key, 0, 0, 0, 0, 0, 0, 3, 4];
        var expected = new byte[CatalogueDigest.Size];
        SHA256.HashData(fingerprintInput).AsSpan(0, 16).CopyTo(expected.AsSpan((2 * 16 + (key[0] >> 4)) * 16));

        var digest = new CatalogueDigest();
        digest.Add(RecordKey.OfHoldings(TestPeer.Alice.Id, 0x102), 0x304);
        Assert.Equal(expected, digest.ToArray());
    }

    [Fact]
    public void Refuses_another_length_and_records_that_are_none()
    {
        Assert.Throws<MembershipException>(() => CatalogueDigest.Parse(new byte[767]));
        Assert.Throws<MembershipException>(() => CatalogueDigest.Parse(new byte[769]));
        Assert.Throws<ArgumentException>(() => new CatalogueDigest().Add(new RecordKey(RecordKind.HoldingsDelta, default), 1));
    }
}
