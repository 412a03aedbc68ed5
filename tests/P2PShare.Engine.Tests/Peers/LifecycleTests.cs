using System.Diagnostics;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Peers;

public sealed class LifecycleTests : IAsyncLifetime
{
    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task A_stop_in_the_middle_of_work_is_quick_and_can_be_said_twice()
    {
        var source = await _swarm.StartAsync(_swarm.Options("source") with { UploadLimit = 500_000 });
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("big.bin", 5_000_000, 1));
        var transfer = await target.BeginAsync(share);
        await target.Eventually(_ => transfer.GetSnapshot().BytesCompleted > 0);
        foreach (var peer in (LivePeer[])[target, source])
        {
            var watch = Stopwatch.StartNew();
            await Task.WhenAll(peer.Engine.StopAsync(), peer.Engine.StopAsync());
            // Far above the two seconds that are allowed: the machine may be busy. A timeout that is waited for is longer.
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(9), $"It took {watch.Elapsed}.");
            await peer.Engine.StopAsync();
            await peer.Engine.Completion.WaitAsync(TimeSpan.FromSeconds(1));
            Assert.Equal(PeerState.Stopped, peer.Engine.State);
            Assert.Equal(PeerEventKind.Stopped, peer.Events[^1].Kind);
        }
    }

    [Fact]
    public async Task A_stopped_peer_says_that_it_has_stopped()
    {
        var peer = await _swarm.StartAsync("peer");
        var share = await peer.PublishAsync(_swarm.Write("a.bin", 10, 1));
        var waitingForShares = peer.Engine.WaitForSharesAsync(new ShareQuery { Names = ["other"] }, TimeSpan.FromMinutes(5));
        var waitingForCopies = peer.Engine.WaitForCopiesAsync(share.InfoHash, 1, null);
        await peer.Engine.StopAsync();
        await Stopped(() => waitingForShares);
        await Stopped(() => waitingForCopies);
        await Stopped(() => peer.PublishAsync(_swarm["a.bin"]));
        await Stopped(() => peer.Engine.ReceiveAsync(new ReceiveRequest { InfoHash = share.InfoHash, Destination = _swarm.Folder }));
        await Stopped(() => peer.Engine.ConnectAsync(["127.0.0.1:1"]));
        await Stopped(() => peer.Engine.WaitForCatalogueAsync(TimeSpan.FromSeconds(1)));
        await Stopped(() => peer.Engine.RemoveShareAsync(share.InfoHash));
        await Stopped(() => peer.Engine.GetFilesAsync(share.InfoHash));
        Assert.Equal("peer", peer.Engine.GetSelf().Name);
    }

    [Fact]
    public async Task A_peer_that_starts_again_is_the_same_peer_and_finds_the_others_by_itself()
    {
        var stays = await _swarm.StartAsync("stays");
        var peer = await _swarm.StartAsync("peer", stays);
        await stays.Eventually(one => one.Engine.GetPeers().Count == 2);
        var (id, port) = (peer.Engine.PeerId, peer.Engine.Port);
        await peer.Engine.StopAsync();
        await stays.Eventually(one => one.Engine.GetPeers().Count == 1);

        peer = await _swarm.StartAsync(_swarm.Options("peer") with { Port = null });
        Assert.Equal((id, port), (peer.Engine.PeerId, peer.Engine.Port));
        await peer.Engine.WaitForCatalogueAsync(TimeSpan.FromSeconds(30));
        await stays.Eventually(one => one.Engine.GetPeers().Any(other => other.PeerId == id));
        await peer.Eventually(one => one.Engine.GetPeers().Count == 2);
    }

    [Fact]
    public async Task Who_leaves_is_gone_from_all_rosters_at_once_and_so_are_his_copies()
    {
        var first = await _swarm.StartAsync("first");
        var peers = new[] { first, await _swarm.StartAsync("second", first), await _swarm.StartAsync("third", first) };
        foreach (var peer in peers) await peer.Eventually(one => one.Engine.GetPeers().Count == 3);
        var leaver = peers.First(peer => peer.Engine.GetSelf().Role != PeerRole.Coordinator);
        var share = await leaver.PublishAsync(_swarm.Write("a.bin", 10, 1));
        var others = peers.Where(peer => peer != leaver).ToList();
        foreach (var peer in others) await peer.FindShareAsync(share.InfoHash);

        await leaver.Engine.StopAsync();

        foreach (var peer in others)
        {
            await peer.Eventually(one => one.Engine.GetPeers().Count == 2 && one.EventsOf(PeerEventKind.PeerLeft).Any(happened => happened.Peer!.Name == leaver.Name));
            Assert.Empty(peer.Engine.GetShares(new ShareQuery()));
        }
    }

    [Fact]
    public async Task When_the_coordinator_leaves_transfers_go_on_and_the_others_find_each_other()
    {
        var first = await _swarm.StartAsync(_swarm.Options("first") with { UploadLimit = 1_500_000 });
        var peers = new[] { first, await _swarm.StartAsync(_swarm.Options("second", first) with { UploadLimit = 1_500_000 }), await _swarm.StartAsync(_swarm.Options("third", first) with { UploadLimit = 1_500_000 }) };
        foreach (var peer in peers) await peer.Eventually(one => one.Engine.GetPeers().Count == 3);
        var coordinator = peers.Single(peer => peer.Engine.GetSelf().Role == PeerRole.Coordinator);
        var others = peers.Where(peer => peer != coordinator).ToArray();
        var share = await others[0].PublishAsync(_swarm.Write("big.bin", 2_500_000, 1));
        var transfer = await others[1].BeginAsync(share);
        await others[1].Eventually(_ => transfer.GetSnapshot().BytesCompleted > 0);

        await coordinator.Engine.StopAsync();

        await others[1].EndAsync(transfer);
        foreach (var peer in others) await peer.Eventually(one => one.Engine.GetPeers().Count == 2 && one.Engine.State == PeerState.Joined);
        Assert.Single(others, peer => peer.Engine.GetSelf().Role == PeerRole.Coordinator);
    }

    [Fact]
    public async Task Events_tell_what_happened_from_the_first_on()
    {
        var first = await _swarm.StartAsync("first");
        var second = await _swarm.StartAsync("second", first);
        await first.Eventually(peer => peer.EventsOf(PeerEventKind.PeerJoined).Any(happened => happened.Peer!.Name == "second"));
        await second.Eventually(peer => peer.EventsOf(PeerEventKind.PeerJoined).Any(happened => happened.Peer!.Name == "first"));
        var share = await first.PublishAsync(_swarm.Write("a.bin", 10_000, 1));
        await second.Eventually(peer => peer.EventsOf(PeerEventKind.SharePublished).Any(happened => happened.Share!.InfoHash == share.InfoHash));
        await second.ReceiveAsync(share);
        await second.Eventually(peer => peer.EventsOf(PeerEventKind.TransferCompleted).Any(happened => happened.Transfer!.InfoHash == share.InfoHash));
        foreach (var peer in (LivePeer[])[first, second])
        {
            Assert.Equal(PeerEventKind.Started, peer.Events[0].Kind);
            await peer.Eventually(one => one.EventsOf(PeerEventKind.Joined).Any());
            Assert.All(peer.Events, happened => Assert.False(string.IsNullOrWhiteSpace(happened.Message)));
        }
    }

    private static async Task Stopped(Func<Task> action)
    {
        var error = await Assert.ThrowsAsync<P2PShareException>(() => action().WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(ErrorIds.PeerStopped, error.ErrorId);
    }
}
