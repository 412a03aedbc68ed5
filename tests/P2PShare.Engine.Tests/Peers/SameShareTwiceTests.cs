using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Peers;

public sealed class SameShareTwiceTests : IAsyncLifetime
{
    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task The_later_of_two_transfers_of_a_share_copies_from_the_earlier()
    {
        const int Length = 2_000_000;
        var source = await _swarm.StartAsync(_swarm.Options("source") with { UploadLimit = 1_000_000 });
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("tools.bin", Length, 1));
        var one = await target.BeginAsync(share, _swarm["one"]);
        var other = await target.BeginAsync(share, _swarm["other"]);
        await target.Eventually(_ => other.GetSnapshot().Detail is not null || other.Completion.IsCompleted);
        source.Engine.SetLimits(null, null);
        foreach (var transfer in (ITransfer[])[one, other])
        {
            var done = await target.EndAsync(transfer);
            Assert.Equal(File.ReadAllBytes(_swarm["tools.bin"]), File.ReadAllBytes(done.FullName));
            Assert.Null(done.Detail);
        }

        Assert.Equal(Length, other.GetSnapshot().BytesReused);
        Assert.InRange(source.Transfer(share).BytesUploaded, Length, 1.5 * Length);
    }

    [Fact]
    public async Task Many_who_ask_for_the_same_at_once_get_one_transfer()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("tools.bin", 200_000, 3));
        await target.FindShareAsync(share.InfoHash);
        // The second time each of them finds one that is complete, and begins anew.
        for (var round = 0; round < 2; round++)
        {
            var all = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => target.BeginAsync(share))));
            var done = await target.EndAsync(all[^1]);
            Assert.Equal(File.ReadAllBytes(_swarm["tools.bin"]), File.ReadAllBytes(done.FullName));
            await target.Eventually(peer => peer.Engine.GetTransfers() is [var only] && only.GetSnapshot().State == TransferState.Completed);
        }
    }

    [Fact]
    public async Task When_the_earlier_is_stopped_the_later_goes_on_by_itself()
    {
        var source = await _swarm.StartAsync(_swarm.Options("source") with { UploadLimit = 200_000 });
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("tools.bin", 2_000_000, 2));
        var one = await target.BeginAsync(share, _swarm["one"]);
        var other = await target.BeginAsync(share, _swarm["other"]);
        await target.Eventually(_ => one.GetSnapshot().BytesCompleted > 0);
        await one.StopAsync(keepPartial: false, CancellationToken.None);
        source.Engine.SetLimits(null, null);
        var done = await target.EndAsync(other);
        Assert.Equal(File.ReadAllBytes(_swarm["tools.bin"]), File.ReadAllBytes(done.FullName));
    }
}
