using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Tests.Peers;

/// <summary>Files that change under a peer that serves them.</summary>
public sealed class SourceTroubleTests : IAsyncLifetime
{
    private const int Length = 800_000;

    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Theory]
    [InlineData("changed")]
    [InlineData("truncated")]
    [InlineData("deleted")]
    public async Task A_file_that_changed_is_told_once_and_another_holder_is_used(string trouble)
    {
        var source = await _swarm.StartAsync("source");
        var other = await _swarm.StartAsync("other", source);
        var target = await _swarm.StartAsync("target", source);
        var path = _swarm.Write("a/big.bin", Length, 1);
        var share = await source.PublishAsync(path);
        await other.PublishAsync(_swarm.Write("b/big.bin", Length, 1));
        switch (trouble)
        {
            case "changed":
                _swarm.Write("a/big.bin", Length, 2);
                break;
            case "truncated":
                using (var file = File.OpenWrite(path)) file.SetLength(Length / 2);
                break;
            default:
                File.Delete(path);
                break;
        }

        await target.Eventually(peer => peer.Look(share.InfoHash) is { Copies: 2 });
        var done = await target.ReceiveAsync(share);

        Assert.Equal(File.ReadAllBytes(_swarm["b/big.bin"]), File.ReadAllBytes(done.FullName));
        Assert.DoesNotContain(target.Events, happened => happened.Kind == PeerEventKind.Warning);
        if (!source.EventsOf(PeerEventKind.Warning).Any()) Assert.Equal(0, source.Transfer(share).BytesUploaded);
        Assert.All(source.EventsOf(PeerEventKind.Warning), warning =>
        {
            Assert.Contains("big.bin", warning.Message, StringComparison.Ordinal);
            Assert.True(warning.ErrorId is ErrorIds.FileChanged or ErrorIds.FileUnreadable, warning.ErrorId);
        });
    }

    [Fact]
    public async Task A_sole_source_that_lost_its_file_says_so_and_the_receiver_waits_for_another()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("a/big.bin", Length, 1));
        _swarm.Write("a/big.bin", Length, 2);
        var transfer = await target.BeginAsync(share);
        await source.Eventually(peer => peer.EventsOf(PeerEventKind.Warning).Any(warning => warning.ErrorId == ErrorIds.FileChanged));
        Assert.False(transfer.Completion.IsCompleted);

        var rescuer = await _swarm.StartAsync("rescuer", target);
        await rescuer.PublishAsync(_swarm.Write("b/big.bin", Length, 1));
        var done = await target.EndAsync(transfer);
        Assert.Equal(File.ReadAllBytes(_swarm["b/big.bin"]), File.ReadAllBytes(done.FullName));
    }

    [Fact]
    public async Task A_receiver_that_loses_its_source_goes_on_when_it_is_back()
    {
        var options = _swarm.Options("source") with { UploadLimit = 2_000_000 };
        var source = await _swarm.StartAsync(options);
        var target = await _swarm.StartAsync("target", source);
        var path = _swarm.Write("big.bin", 3_000_000, 1);
        var share = await source.PublishAsync(path);
        var transfer = await target.BeginAsync(share);
        await target.Eventually(_ => transfer.GetSnapshot().BytesCompleted > 500_000);
        var port = source.Engine.Port;
        await source.Engine.StopAsync();
        await target.Eventually(peer => peer.Engine.GetPeers().Count == 1);
        Assert.False(transfer.Completion.IsCompleted);

        source = await _swarm.StartAsync(options with { Port = port, ConnectTo = [target.Address], UploadLimit = null });
        await source.PublishAsync(path);
        var done = await target.EndAsync(transfer);
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(done.FullName));
        Assert.InRange(source.Transfer(share).BytesUploaded, 1, 2_500_000);
    }
}
