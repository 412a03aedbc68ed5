using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Peers;

public sealed class RestartTests : IAsyncLifetime
{
    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task What_was_published_is_offered_again()
    {
        var path = _swarm.Write("tools.bin", 200_000, 1);
        var first = await _swarm.StartAsync("source");
        var share = await first.PublishAsync(path);
        await first.DisposeAsync();

        var again = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", again);
        var received = await target.ReceiveAsync(await target.FindAsync("tools.bin"));
        Assert.Equal(share.InfoHash, received.InfoHash);
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(received.FullName));
    }

    [Fact]
    public async Task What_was_received_is_offered_again_while_its_publisher_is_away()
    {
        var source = await _swarm.StartAsync("source");
        var holder = await _swarm.StartAsync("holder", source);
        var share = await source.PublishAsync(_swarm.Write("tools.bin", 200_000, 2));
        await holder.ReceiveAsync(share);
        await Tests.Eventually.Holds(() => Directory.EnumerateFiles(holder.Engine.StateDirectory, "*.torrent", SearchOption.AllDirectories).Any());
        await holder.DisposeAsync();
        await source.DisposeAsync();

        // The remembered address of the source is tried once; then the holder knows that it is alone.
        var again = await _swarm.StartAsync("holder");
        await again.Engine.WaitForCatalogueAsync(TimeSpan.FromSeconds(60));
        var target = await _swarm.StartAsync("target", again);
        var received = await target.ReceiveAsync(await target.FindAsync("tools.bin"));
        Assert.Equal(File.ReadAllBytes(_swarm["tools.bin"]), File.ReadAllBytes(received.FullName));
    }

    [Fact]
    public async Task What_has_changed_meanwhile_is_not_offered_and_that_is_said()
    {
        var path = _swarm.Write("tools.bin", 200_000, 3);
        var first = await _swarm.StartAsync("source");
        await first.PublishAsync(path);
        await first.DisposeAsync();
        File.AppendAllText(path, "more");

        var again = await _swarm.StartAsync("source");
        await again.Eventually(peer => peer.EventsOf(PeerEventKind.Warning).Any(warning => warning.ErrorId == Errors.ErrorIds.FileChanged));
        await again.Engine.WaitForCatalogueAsync(TimeSpan.FromSeconds(60));
        Assert.Empty(again.Engine.GetShares(new ShareQuery()));
    }

    [Fact]
    public async Task What_was_changed_behind_its_back_is_found_when_everything_is_verified()
    {
        var path = _swarm.Write("tools.bin", 200_000, 3);
        var other = _swarm.Write("other/deep/good.bin", 100_000, 4);
        _swarm.Write("other/empty.bin", []);
        var first = await _swarm.StartAsync("source");
        await first.PublishAsync(path);
        var good = await first.PublishAsync(_swarm["other"]);
        await first.DisposeAsync();
        var time = File.GetLastWriteTimeUtc(path);
        using (var file = File.OpenWrite(path))
        {
            file.Position = 150_000;
            file.WriteByte(1);
            file.WriteByte(2);
        }

        File.SetLastWriteTimeUtc(path, time);

        var again = await _swarm.StartAsync(_swarm.Options("source") with { Verify = true });
        await again.Eventually(peer => peer.EventsOf(PeerEventKind.Warning).Any(warning => warning.ErrorId == Errors.ErrorIds.FileChanged));
        var target = await _swarm.StartAsync("target", again);
        await target.ReceiveAsync(await target.FindAsync("other"));
        Assert.Equal(File.ReadAllBytes(other), File.ReadAllBytes(Path.Combine(_swarm["to-target"], "other/deep/good.bin")));
        Assert.Equal(good.InfoHash, Assert.Single(again.Engine.GetShares(new ShareQuery())).InfoHash);

        // It is forgotten, not only passed over.
        await again.DisposeAsync();
        var third = await _swarm.StartAsync("source");
        Assert.Equal(good.InfoHash, Assert.Single(third.Engine.GetTransfers()).GetSnapshot().InfoHash);
    }

    [Fact]
    public async Task Started_again_it_is_the_same_peer()
    {
        var first = await _swarm.StartAsync("source");
        var id = first.Engine.PeerId;
        await first.DisposeAsync();
        var again = await _swarm.StartAsync("source");
        Assert.Equal(id, again.Engine.PeerId);
    }

    [Fact]
    public async Task What_was_received_is_known_as_received_and_received_again_without_traffic()
    {
        var source = await _swarm.StartAsync("source");
        var share = await source.PublishAsync(_swarm.Write("tools.bin", 200_000, 7));
        var holder = await _swarm.StartAsync("holder", source);
        await holder.ReceiveAsync(share);
        await Tests.Eventually.Holds(() => Directory.EnumerateFiles(holder.Engine.StateDirectory, "*.torrent", SearchOption.AllDirectories).Any());
        await holder.DisposeAsync();
        foreach (var verify in (bool[])[true, false])
        {
            var again = await _swarm.StartAsync(_swarm.Options("holder", source) with { Verify = verify });
            await again.Eventually(peer => peer.Engine.GetTransfers().Count == 1);
            var received = await again.ReceiveAsync(share);
            Assert.Equal(0, received.BytesReceived);
            Assert.Equal(_swarm["to-holder/tools.bin"], received.FullName);
            await again.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_unfinished_transfer_goes_on_by_itself_and_a_suspended_one_does_not()
    {
        var source = await _swarm.StartAsync(_swarm.Options("source") with { UploadLimit = 100_000 });
        var target = await _swarm.StartAsync("target", source);
        var going = await source.PublishAsync(_swarm.Write("going.bin", 2_000_000, 4));
        var resting = await source.PublishAsync(_swarm.Write("resting.bin", 2_000_000, 5));
        var transfer = await target.BeginAsync(going);
        var suspended = await target.BeginAsync(resting);
        await suspended.SuspendAsync(CancellationToken.None);
        await target.Eventually(_ => transfer.GetSnapshot().BytesCompleted > 0);
        await target.DisposeAsync();
        source.Engine.SetLimits(null, null);

        var again = await _swarm.StartAsync("target", source);
        var restored = again.Engine.GetTransfers().ToDictionary(item => item.GetSnapshot().Name);
        var done = await again.EndAsync(restored["going.bin"]);
        Assert.Equal(File.ReadAllBytes(_swarm["going.bin"]), File.ReadAllBytes(done.FullName));
        Assert.Equal(TransferState.Suspended, restored["resting.bin"].GetSnapshot().State);
    }

    [Fact]
    public async Task A_peer_started_without_resuming_offers_nothing_of_before()
    {
        var first = await _swarm.StartAsync("source");
        await first.PublishAsync(_swarm.Write("tools.bin", 1000, 6));
        await first.DisposeAsync();

        var again = await _swarm.StartAsync(_swarm.Options("source") with { Resume = false });
        await again.Engine.WaitForCatalogueAsync(TimeSpan.FromSeconds(60));
        Assert.Empty(again.Engine.GetShares(new ShareQuery()));
        Assert.Empty(again.Engine.GetTransfers());
    }
}
