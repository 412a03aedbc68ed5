using P2PShare.Engine.Errors;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Peers;

public sealed class ReuseTests : IAsyncLifetime
{
    private const int Length = 500_000;

    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task What_is_at_the_destination_and_verifies_is_not_fetched()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        _swarm.Write("set/one.bin", Length, 1);
        _swarm.Write("set/two.bin", Length, 2);
        _swarm.Write("to-target/set/one.bin", Length, 1);
        var share = await source.PublishAsync(_swarm["set"]);

        var done = await target.ReceiveAsync(share);
        Assert.Equal((Length, 2 * Length), (done.BytesReceived - done.BytesWasted, done.BytesCompleted));
        Assert.Equal(File.ReadAllBytes(_swarm["set/two.bin"]), File.ReadAllBytes(_swarm["to-target/set/two.bin"]));

        var again = await target.ReceiveAsync(share);
        Assert.Equal((TransferState.Completed, 0, 2 * Length), (again.State, again.BytesReceived, again.BytesCompleted));
        await source.Eventually(peer => peer.Look(share.InfoHash) is { Copies: 2, PartialCopies: 0 });
    }

    [Fact]
    public async Task A_file_that_this_peer_publishes_is_copied_and_not_fetched()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        _swarm.Write("set/one.bin", Length, 1);
        _swarm.Write("set/two.bin", Length, 2);
        await target.PublishAsync(_swarm.Write("elsewhere/other name.bin", Length, 1));
        var share = await source.PublishAsync(_swarm["set"]);
        var done = await target.ReceiveAsync(share);
        Assert.Equal((Length, Length), (done.BytesReused, done.BytesReceived - done.BytesWasted));
        Assert.Equal(File.ReadAllBytes(_swarm["set/one.bin"]), File.ReadAllBytes(_swarm["to-target/set/one.bin"]));
    }

    [Fact]
    public async Task A_file_that_was_received_before_is_copied_and_not_fetched()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("one.bin", Length, 1));
        await target.ReceiveAsync(share);
        var done = await target.ReceiveAsync(share, _swarm["second place"]);
        Assert.Equal((Length, 0), (done.BytesReused, done.BytesReceived));
        Assert.Equal(File.ReadAllBytes(_swarm["one.bin"]), File.ReadAllBytes(_swarm["second place/one.bin"]));
    }

    [Fact]
    public async Task A_local_file_that_has_changed_is_not_believed()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var local = _swarm.Write("elsewhere/one.bin", Length, 1);
        await target.PublishAsync(local);
        _swarm.Write("elsewhere/one.bin", Length, 99);
        _swarm.Write("set/one.bin", Length, 1);
        var share = await source.PublishAsync(_swarm["set"]);
        var done = await target.ReceiveAsync(share);
        Assert.Equal((0, Length), (done.BytesReused, done.BytesReceived - done.BytesWasted));
        Assert.Equal(File.ReadAllBytes(_swarm["set/one.bin"]), File.ReadAllBytes(_swarm["to-target/set/one.bin"]));
    }

    [Fact]
    public async Task A_file_of_other_content_is_replaced_only_when_asked()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("one.bin", Length, 1));
        var there = _swarm.Write("to-target/one.bin", Length, 2);
        var before = File.ReadAllBytes(there);

        var error = await Assert.ThrowsAsync<P2PShareException>(() => target.ReceiveAsync(share));
        Assert.Equal(ErrorIds.FileExists, error.ErrorId);
        Assert.Contains("one.bin", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(there));
        Assert.Equal([there], Directory.GetFiles(_swarm["to-target"]));

        await target.ReceiveAsync(share, change: request => request with { Overwrite = true });
        Assert.Equal(File.ReadAllBytes(_swarm["one.bin"]), File.ReadAllBytes(there));

        error = await Assert.ThrowsAsync<P2PShareException>(() => target.ReceiveAsync(share, change: request => request with { NoClobber = true }));
        Assert.Equal(ErrorIds.FileExists, error.ErrorId);
    }
}
