using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Transfers;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Transfers;

/// <summary>The one peer that has all of a share spreads it, rather than sending it to each.</summary>
public sealed class SoleSourceTests
{
    private const int KiB = 1024;
    private const int PieceLength = 64 * KiB;

    [Fact]
    public async Task No_block_is_sent_twice_before_each_piece_was_given_to_somebody()
    {
        // A link moves a block in 10 ms: how fast peers are does not depend on the machine.
        var time = new FakeTimeProvider();
        await using var swarm = new TestSwarm(time);
        var share = TestShare.Make(1, PieceLength, 4_000_000);
        var (transfers, sent) = await FanOutAsync(swarm, share, NeighbourGoal.Initial);
        await swarm.UntilStep(() => transfers.All(transfer => transfer.Completion.IsCompleted), "completion", () => time.Advance(TimeSpan.FromMilliseconds(10)));
        foreach (var transfer in transfers) TestPeer.StorageOf(transfer).AssertHolds(share);
        var seen = new HashSet<(int, int)>();
        var begun = sent.TakeWhile(seen.Add).Select(block => block.Item1).Distinct().Count();
        // Of the last ones some were promised and their first blocks still in the queue.
        Assert.InRange(begun, share.Info.PieceCount - 5, share.Info.PieceCount);
        // What is sent twice is sent in the end, while the last pieces go round.
        Assert.InRange(sent.Count, 245, 1.25 * 245);
    }

    [Fact]
    public async Task What_a_lost_peer_alone_was_given_is_given_to_others()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(2, PieceLength, 4_000_000);
        PeerId? lost = null;
        var (transfers, sent) = await FanOutAsync(swarm, share, 3, () => lost);
        await swarm.UntilStep(() => sent.Count > 60, "some blocks");
        // It is gone with all that it alone had, and nobody finds it any more.
        lost = transfers[0].Sessions[0].Channel is TestLink.End end ? end.Other!.RemoteId : null;
        foreach (var link in swarm.Links.Where(link => link.Left.RemoteId == lost || link.Right.RemoteId == lost)) link.Close("the cable is cut");
        await swarm.Complete(transfers[1..]);
        foreach (var transfer in transfers[1..]) TestPeer.StorageOf(transfer).AssertHolds(share);
    }

    [Fact]
    public async Task Who_was_refused_what_a_lost_peer_was_given_is_told_at_once_that_it_may_ask_again()
    {
        // The clock stands still: nobody is let off for having waited.
        await using var swarm = new TestSwarm(new FakeTimeProvider());
        swarm.OnLink = static (link, _, _) => link.BlocksAtOnce = 0;
        // Both want one of two files, so that something stays unsent.
        var share = TestShare.Make(4, PieceLength, PieceLength, PieceLength);
        var source = swarm.AddPeer();
        var seed = source.Seed(share);
        var receivers = new[] { swarm.AddPeer(), swarm.AddPeer() };
        PeerId? lost = null;
        foreach (var receiver in receivers) receiver.Shares.Holders = _ => receiver.Id == lost ? [] : [source.Id];
        var transfers = Array.ConvertAll(receivers, receiver => receiver.Receive(share, descriptor => descriptor with { Files = [0] }, withInfo: true));
        await swarm.UntilStep(() => seed.Sessions.Length == 2 && seed.Sessions.Any(session => session.DeferredAt is not null), "a refusal");
        var given = Array.Find(seed.Sessions, session => session.DeferredAt is null)!.Channel as TestLink.End;
        lost = given!.RemoteId;
        given.Link.Close("the cable is cut");
        foreach (var link in swarm.Links) link.BlocksAtOnce = 1;
        var other = transfers[Array.FindIndex(receivers, receiver => receiver.Id != lost)];
        await swarm.Complete(other);
        TestPeer.StorageOf(other).AssertHolds(share, piece => share.Info.Locate(piece).File.Index == 0);
    }

    [Fact]
    public async Task Who_cannot_reach_those_who_were_given_a_piece_is_given_it_too()
    {
        var time = new FakeTimeProvider();
        await using var swarm = new TestSwarm(time);
        // Both want one of two files, and cannot reach each other: of the other file all stays unsent.
        var share = TestShare.Make(3, PieceLength, 500_000, 500_000);
        var source = swarm.AddPeer();
        source.Seed(share);
        var receivers = new[] { swarm.AddPeer(), swarm.AddPeer() };
        foreach (var receiver in receivers) receiver.Shares.Holders = _ => [source.Id];
        var transfers = receivers.Select(receiver => receiver.Receive(share, descriptor => descriptor with { Files = [0] }, withInfo: true)).ToArray();
        await swarm.Until(() => transfers.All(transfer => transfer.Completion.IsCompleted), "completion", () => time.Advance(TimeSpan.FromMilliseconds(100)));
        foreach (var transfer in transfers) TestPeer.StorageOf(transfer).AssertHolds(share, piece => share.Info.Locate(piece).File.Index == 0);
    }

    [Fact]
    public async Task Of_two_sources_neither_refuses_what_it_gave_to_another()
    {
        // The clock stands still: nobody is let off for having waited.
        await using var swarm = new TestSwarm(new FakeTimeProvider());
        var share = TestShare.Make(5, PieceLength, 4_000_000);
        var sources = new[] { swarm.AddPeer(), swarm.AddPeer() };
        foreach (var source in sources) source.Seed(share);
        var receivers = Enumerable.Range(0, 3).Select(_ => swarm.AddPeer()).ToList();
        // None has another one as neighbour, and the sources don't look for each other.
        foreach (var receiver in receivers) receiver.Shares.Holders = _ => [.. sources.Select(static source => source.Id)];
        var transfers = receivers.ConvertAll(receiver => receiver.Receive(share, withInfo: true)).ToArray();
        await swarm.Complete(transfers);
        foreach (var transfer in transfers) TestPeer.StorageOf(transfer).AssertHolds(share);
    }

    private static async Task<(Transfer[] Transfers, List<(int, int)> Sent)> FanOutAsync(TestSwarm swarm, TestShare share, int receivers, Func<PeerId?>? gone = null)
    {
        swarm.OnLink = static (link, _, _) => link.BlocksAtOnce = 0;
        var sent = new List<(int, int)>();
        var storage = share.FullStorage();
        storage.OnRead = (piece, begin, _) => sent.Add((piece, begin));
        var source = swarm.AddPeer();
        source.Seed(share, storage);
        var peers = Enumerable.Range(0, receivers).Select(_ => swarm.AddPeer()).ToList();
        foreach (var peer in peers) peer.Shares.Holders = _ => [source.Id, .. peers.Where(other => other != peer).Select(other => other.Id).Where(id => id != gone?.Invoke())];
        var transfers = peers.ConvertAll(peer => peer.Receive(share, withInfo: true)).ToArray();
        // The source hands out nothing before it knows of all who want it.
        await swarm.UntilStep(() => transfers.All(transfer => transfer.Sessions.Length >= receivers), "sessions");
        foreach (var link in swarm.Links) link.BlocksAtOnce = 1;
        return (transfers, sent);
    }
}
