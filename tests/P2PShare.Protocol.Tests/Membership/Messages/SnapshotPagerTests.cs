using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Protocol.Tests.Membership.Messages;

public sealed class SnapshotPagerTests
{
    private static readonly SignedEntry Peer = TestPeer.Alice.Record().Entry;

    private static readonly SignedEntry Holdings = HoldingsPart.Sign(
        TestPeer.Alice.Id,
        0,
        1,
        Enumerable.Range(0, MembershipLimits.MaxHoldings).Select(i => new HoldingsItem(TestPeer.Share(i), HoldingState.Complete)),
        TestPeer.Alice).Entry;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    [InlineData(1000, 1000)]
    [InlineData(5000, 10)]
    public void Splits_a_snapshot_into_pages_that_can_be_sent(int peers, int entries)
    {
        var roster = Enumerable.Range(1, peers).Select(i => new RosterEntry(new PeerId(TestPeer.Share(i).Value), i, true, i % 2 == 0)).ToList();
        var list = Enumerable.Range(0, entries).Select(i => i % 5 == 0 ? Holdings : Peer).ToList();
        var pages = SnapshotPager.Snapshot(2, 30, roster, list).ToList();

        Assert.Equal(Enumerable.Range(0, pages.Count), pages.Select(page => page.Page));
        Assert.Equal(pages.Count - 1, pages.FindIndex(page => page.IsLast));
        Assert.All(pages, page => Assert.True(MembershipCodec.Encode(page).Length <= MembershipLimits.MaxPage));
        Assert.All(pages, page => Assert.Equal((2L, 30L), (page.Term, page.Sequence)));
        Assert.Equal(roster, pages.SelectMany(page => page.Roster));
        Assert.Equal(list, pages.SelectMany(page => page.Entries));
    }

    [Fact]
    public void Fills_pages_well() =>
        Assert.InRange(SnapshotPager.Snapshot(1, 0, [], Enumerable.Repeat(Peer, 1000)).Count(), 1, 1000 * Peer.EncodedSize / MembershipLimits.MaxPage + 2);

    [Fact]
    public void Numbers_updates_without_gaps_and_makes_none_of_nothing()
    {
        Assert.Empty(SnapshotPager.Updates(1, 5, [], []));
        Assert.Empty(SnapshotPager.Publications([]));
        var updates = SnapshotPager.Updates(1, 5, [new RosterEntry(TestPeer.Bob.Id, 1, true, true)], Enumerable.Repeat(Holdings, 20)).ToList();
        Assert.True(updates.Count > 1);
        Assert.Equal(Enumerable.Range(5, updates.Count).Select(i => (long)i), updates.Select(update => update.Sequence));
        Assert.Equal(20, updates.Sum(update => update.Entries.Count));
        Assert.Single(updates[0].Roster);
        Assert.Equal(20, SnapshotPager.Publications(Enumerable.Repeat(Holdings, 20)).Sum(publish => publish.Entries.Count));
    }
}
