using P2PShare.Engine.Mirroring;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Mirroring;

public sealed class MirrorChoiceTests
{
    private const int Copies = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly PeerId Publisher = new(Hash256.Of("publisher"u8));

    [Fact]
    public void As_many_as_are_missing_begin_at_once_and_nobody_else()
    {
        for (var share = 0; share < 50; share++)
        {
            var peers = Peers(20);
            Assert.Equal(Copies, Beginning(peers, [], "share " + share).Count);
            Assert.Equal(peers.Take(2), Beginning(peers.Take(2), [], "share " + share));
        }
    }

    [Fact]
    public void The_place_of_one_that_is_lost_is_taken_by_one_other()
    {
        var peers = Peers(20);
        var holders = Beginning(peers, [], "tools");
        var lost = holders[0];
        var next = Assert.Single(Beginning(peers.Where(peer => peer != lost), holders.Skip(1), "tools"));
        Assert.DoesNotContain(next, holders);
    }

    [Fact]
    public void Different_shares_go_to_different_peers()
    {
        var peers = Peers(10);
        var load = Enumerable.Range(0, 300).SelectMany(share => Beginning(peers, [], "share " + share)).CountBy(peer => peer).ToDictionary();
        // 300 shares times 3 copies over 10 peers.
        Assert.All(peers, peer => Assert.InRange(load[peer], 50, 130));
    }

    [Fact]
    public void Those_behind_come_in_one_after_the_other_and_late()
    {
        Assert.Equal(TimeSpan.Zero, MirrorChoice.Delay(rank: 0, missing: 1, wasThere: false, Patience));
        Assert.Equal(TimeSpan.FromSeconds(10), MirrorChoice.Delay(rank: 1, missing: 1, wasThere: false, Patience));
        Assert.Equal(TimeSpan.FromSeconds(20), MirrorChoice.Delay(rank: 3, missing: 2, wasThere: false, Patience));
        Assert.Equal(TimeSpan.FromSeconds(30), MirrorChoice.Delay(rank: 1, missing: 2, wasThere: true, Patience));
        Assert.Equal(TimeSpan.FromSeconds(40), MirrorChoice.Delay(rank: 2, missing: 2, wasThere: true, Patience));
    }

    private static List<PeerId> Peers(int count) => [.. Enumerable.Range(0, count).Select(i => new PeerId(Hash256.Of(BitConverter.GetBytes(i))))];

    private static List<PeerId> Beginning(IEnumerable<PeerId> present, IEnumerable<PeerId> holders, string name)
    {
        var candidates = present.Except(holders).ToList();
        var missing = Copies - holders.Count();
        return [.. candidates.Where(peer => MirrorChoice.Delay(MirrorChoice.Rank(peer, candidates, Publisher, name), missing, wasThere: false, Patience) == TimeSpan.Zero)];
    }
}
