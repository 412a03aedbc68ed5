using P2PShare.Engine.Reporting;
using P2PShare.Engine.Tests.Peers;

namespace P2PShare.Engine.Tests.Reporting;

public sealed class RunRecorderTests
{
    [Fact]
    public async Task Sees_who_received_what_without_having_received_it()
    {
        await using var swarm = new LiveSwarm();
        var north = await swarm.StartAsync("north");
        var onlooker = await swarm.StartAsync("onlooker", north);
        await using var recorder = new RunRecorder(onlooker.Engine, TimeProvider.System);
        var share = await north.PublishAsync(swarm.Write("data/thing.bin", 100_000, 1));
        await onlooker.FindShareAsync(share.InfoHash);
        recorder.GetReport();

        var south = await swarm.StartAsync("south", north);
        await south.ReceiveAsync(await south.FindAsync("thing.bin"));
        await onlooker.Eventually(peer => peer.Look(share.InfoHash) is { Copies: 2 });

        var report = recorder.GetReport();
        Assert.Equal("onlooker", report.Self.Name);
        Assert.Equal(["north", "onlooker", "south"], report.Peers.Select(peer => peer.Name));
        Assert.NotEmpty(report.Linked);
        Assert.NotEmpty(report.Rates);
        var run = Assert.Single(report.Shares);
        Assert.Equal((1, 2), (run.Samples[0].Copies, run.Samples[^1].Copies));
        // The publisher had it from the start: that is no arrival.
        Assert.DoesNotContain(report.Arrivals, arrival => arrival.PeerName == "north");
        Assert.Empty(report.Transfers);
        Assert.Contains("thing.bin", HtmlReport.Write(report), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_with_its_peer_and_keeps_what_it_saw()
    {
        await using var swarm = new LiveSwarm();
        var north = await swarm.StartAsync("north");
        await using var recorder = new RunRecorder(north.Engine, TimeProvider.System);
        await north.PublishAsync(swarm.Write("data/thing.bin", 1_000, 1));
        recorder.GetReport();
        await north.Engine.StopAsync();
        Assert.Single(recorder.GetReport().Shares);
    }
}
