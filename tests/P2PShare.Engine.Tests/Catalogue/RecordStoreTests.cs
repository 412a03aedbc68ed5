using P2PShare.Engine.Catalogue;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Catalogue;

public sealed class RecordStoreTests : IDisposable
{
    private static readonly InfoHash[] Hashes = [.. Enumerable.Range(0, 40).Select(i => new InfoHash(Hash256.Of([(byte)i])))];

    private readonly RecordStore _store = new();
    private readonly TestOwner[] _owners = [new("a"), new("b"), new("c")];

    public RecordStoreTests()
    {
        foreach (var owner in _owners) _store.Put(owner.Peer(1));
    }

    public void Dispose()
    {
        foreach (var owner in _owners) owner.Dispose();
    }

    [Fact]
    public void Shares_are_found_by_content_and_by_name_through_many_changes()
    {
        var random = new Random(1);
        var model = new Dictionary<RecordKey, ShareRecord>();
        string[] names = ["one", "ONE", "two", "three"];
        for (var version = 1; version < 400; version++)
        {
            var owner = _owners[random.Next(3)];
            var record = owner.Share(Hashes[random.Next(6)], names[random.Next(4)], version, withdrawn: random.Next(4) == 0);
            Assert.True(_store.Put(record));
            Assert.False(_store.Put(record));
            model[record.Key] = record;
        }

        foreach (var hash in Hashes) Assert.Equal(model.Values.Where(record => record.InfoHash == hash).ToHashSet(), _store.SharesOf(hash).ToHashSet());
        Assert.Equal(model.Values.ToHashSet(), _store.Shares.ToHashSet());
        Assert.Equal(model.Values.Where(record => record.Name is "one" or "ONE").ToHashSet(), Named(new ShareQuery { LiteralNames = ["One"] }));
        Assert.Equal(model.Values.Where(record => record.Name[0] == 't').ToHashSet(), Named(new ShareQuery { Names = ["t*"] }));
        foreach (var owner in _owners)
            Assert.Equal(model.Values.Where(record => record.Owner == owner.Id).Max(record => record.Version), _store.HighestShareVersion(owner.Id));
    }

    [Fact]
    public void Holders_are_known_through_many_changes()
    {
        var random = new Random(2);
        var parts = new Dictionary<(PeerId, uint), List<HoldingsItem>>();
        for (var version = 1; version < 200; version++)
        {
            var owner = _owners[random.Next(3)];
            var part = (uint)random.Next(2);
            // Each share in one part of its holder.
            var items = Hashes.Where((_, i) => i % 2 == part && random.Next(2) == 0).Select(hash => new HoldingsItem(hash, (HoldingState)(1 + random.Next(2)))).ToList();
            Assert.True(_store.Put(HoldingsPart.Sign(owner.Id, part, version, items, owner)));
            parts[(owner.Id, part)] = items;
            if (version % 20 != 0) continue;
            foreach (var hash in Hashes)
            {
                var expected = parts.SelectMany(pair => pair.Value.Where(item => item.InfoHash == hash).Select(item => (pair.Key.Item1, item.State)));
                Assert.Equal(expected.ToHashSet(), _store.HoldersOf(hash).ToHashSet());
            }
        }

        Assert.Equal(parts.Keys.Count(key => key.Item1 == _owners[0].Id), _store.HoldingsOf(_owners[0].Id).Count);
    }

    [Fact]
    public void A_share_in_two_parts_counts_its_holder_once()
    {
        var owner = _owners[0];
        _store.Put(HoldingsPart.Sign(owner.Id, 0, 1, [new HoldingsItem(Hashes[0], HoldingState.Complete)], owner));
        _store.Put(HoldingsPart.Sign(owner.Id, 1, 1, [new HoldingsItem(Hashes[0], HoldingState.Complete)], owner));
        Assert.Equal((owner.Id, HoldingState.Complete), Assert.Single(_store.HoldersOf(Hashes[0])));
        _store.Put(HoldingsPart.Sign(owner.Id, 1, 2, [], owner));
        Assert.Equal((owner.Id, HoldingState.Complete), Assert.Single(_store.HoldersOf(Hashes[0])));
        _store.Put(HoldingsPart.Sign(owner.Id, 0, 2, [], owner));
        Assert.Empty(_store.HoldersOf(Hashes[0]));
    }

    [Fact]
    public void What_is_sent_comes_with_peers_first_and_holdings_last()
    {
        _store.Put(HoldingsPart.Sign(_owners[0].Id, 0, 1, [new HoldingsItem(Hashes[0], HoldingState.Complete)], _owners[0]));
        _store.Put(_owners[0].Share(Hashes[0], "one", 1));
        _store.Put(_owners[1].Peer(2));
        var sent = _store.Difference(new CatalogueDigest()).Select(entry => entry.Kind).ToList();
        Assert.Equal([RecordKind.Peer, RecordKind.Peer, RecordKind.Peer, RecordKind.Share, RecordKind.Holdings], sent);
        Assert.Empty(_store.Difference(_store.GetDigest()));
    }

    private HashSet<ShareRecord> Named(ShareQuery query) => [.. _store.SharesNamed(new ShareFilter(query))];
}
