using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;

namespace P2PShare.Engine.Tests.Peers;

public sealed class WatchingTests : IAsyncLifetime
{
    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task Anyone_sees_who_has_all_of_a_share_who_is_on_the_way_who_rests_and_who_has_nothing()
    {
        var source = await _swarm.StartAsync(_swarm.Options("source") with { UploadLimit = 150_000 });
        var share = await source.PublishAsync(_swarm.Write("tools.bin", 6_000_000, 1));
        var going = await _swarm.StartAsync("going", source);
        var resting = await _swarm.StartAsync("resting", source);
        var viewer = await _swarm.StartAsync("viewer", source);
        await going.BeginAsync(share);
        var suspended = await resting.BeginAsync(share);
        await resting.Eventually(_ => suspended.GetSnapshot().BytesCompleted > 0);
        await suspended.SuspendAsync(CancellationToken.None);
        await viewer.FindShareAsync(share.InfoHash);

        foreach (var watcher in (LivePeer[])[viewer, source, going])
        {
            IReadOnlyList<PeerProgress> seen = [];
            await foreach (var progress in Watch(watcher, share))
            {
                seen = progress;
                if (seen.Count == 4 && Of(seen, "going") is { State: PeerProgressState.Receiving, PercentComplete: > 0, DownloadRate: > 0 } && Of(seen, "resting").State == PeerProgressState.Suspended) break;
            }

            Assert.Equal(["going", "resting", "source", "viewer"], seen.Select(peer => peer.PeerName));
            Assert.True(Of(seen, "source") is { State: PeerProgressState.Complete, PercentComplete: 100, DownloadRate: 0 });
            Assert.True(Of(seen, "viewer") is { State: PeerProgressState.None, PercentComplete: 0 });
            Assert.True(Of(seen, "resting") is { PercentComplete: > 0 and < 100, DownloadRate: 0, Length: 6_000_000, ShareName: "tools.bin" });
            Assert.Equal(watcher.Name, Assert.Single(seen, peer => peer.IsLocal).PeerName);
        }
    }

    [Fact]
    public async Task A_watcher_sees_a_receiver_become_complete()
    {
        var source = await _swarm.StartAsync("source");
        var share = await source.PublishAsync(_swarm.Write("tools.bin", 300_000, 2));
        var target = await _swarm.StartAsync("target", source);
        await target.FindShareAsync(share.InfoHash);
        await using var watching = Watch(source, share).GetAsyncEnumerator();
        Assert.True(await watching.MoveNextAsync());
        await target.ReceiveAsync(share);
        while (watching.Current.SingleOrDefault(peer => peer.PeerName == "target")?.State != PeerProgressState.Complete) Assert.True(await watching.MoveNextAsync());
    }

    [Fact]
    public async Task One_look_tells_of_all_peers()
    {
        var source = await _swarm.StartAsync("source");
        var share = await source.PublishAsync(_swarm.Write("tools.bin", 1000, 3));
        var viewer = await _swarm.StartAsync("viewer", source);
        await viewer.FindShareAsync(share.InfoHash);
        var seen = await viewer.Engine.GetShareProgressAsync(share.InfoHash);
        Assert.Equal(["source", "viewer"], seen.Select(peer => peer.ToString()));
        Assert.Equal(PeerProgressState.Complete, Of(seen, "source").State);
    }

    [Fact]
    public async Task A_peer_alone_sees_itself()
    {
        var alone = await _swarm.StartAsync("alone");
        var share = await alone.PublishAsync(_swarm.Write("tools.bin", 1000, 4));
        var seen = Assert.Single(await alone.Engine.GetShareProgressAsync(share.InfoHash));
        Assert.True(seen is { State: PeerProgressState.Complete, IsLocal: true, PeerName: "alone" });
    }

    [Fact]
    public async Task A_share_that_is_not_there_cannot_be_watched()
    {
        var alone = await _swarm.StartAsync("alone");
        var error = await Assert.ThrowsAsync<P2PShareException>(() => alone.Engine.GetShareProgressAsync(new string('a', 64)));
        Assert.Equal(ErrorIds.ShareNotFound, error.ErrorId);
    }

    [Fact]
    public async Task Watching_ends_when_it_is_cancelled_and_when_the_peer_stops()
    {
        var alone = await _swarm.StartAsync("alone");
        var share = await alone.PublishAsync(_swarm.Write("tools.bin", 1000, 5));
        using var enough = new CancellationTokenSource();
        await using var cancelled = alone.Engine.WatchShareAsync(share.InfoHash, enough.Token).GetAsyncEnumerator();
        Assert.True(await cancelled.MoveNextAsync());
        var next = cancelled.MoveNextAsync();
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);

        await using var stopped = Watch(alone, share).GetAsyncEnumerator();
        Assert.True(await stopped.MoveNextAsync());
        next = stopped.MoveNextAsync();
        await alone.DisposeAsync();
        var error = await Assert.ThrowsAsync<P2PShareException>(async () => await next);
        Assert.Equal(ErrorIds.PeerStopped, error.ErrorId);
    }

    private static PeerProgress Of(IReadOnlyList<PeerProgress> progress, string name) => Assert.Single(progress, peer => peer.PeerName == name);

    private static async IAsyncEnumerable<IReadOnlyList<PeerProgress>> Watch(LivePeer peer, ShareInfo share)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await foreach (var progress in peer.Engine.WatchShareAsync(share.InfoHash, patience.Token)) yield return progress;
    }
}
