using System.Runtime.InteropServices;
using P2PShare.Cli.Tests.Support;

namespace P2PShare.Cli.Tests.Commands;

/// <summary>However a peer is told to end, it says goodbye first; the exit code says whether it was done.</summary>
public sealed class SignalTests
{
    [Theory]
    [InlineData(PosixSignal.SIGTERM, 0)]
    [InlineData(PosixSignal.SIGHUP, 0)]
    [InlineData(PosixSignal.SIGINT, 130)]
    public async Task A_server_says_goodbye(PosixSignal signal, int expected)
    {
        if (OperatingSystem.IsWindows()) return;
        await using var swarm = await TestSwarm.NewAsync();
        var stays = swarm.Start(["serve"], swarm.Peer("stays"));
        var leaves = swarm.Start(["serve"], swarm.Peer("leaves", await TestSwarm.AddressAsync(stays)));
        await stays.WaitForAsync("event", line => line.Text("kind") == "PeerJoined" && line.GetProperty("peer").Text("name") == "leaves");

        leaves.Signal(signal);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(expected, await leaves.EndAsync());
        await stays.WaitForAsync("event", line => line.Text("kind") == "PeerLeft" && line.GetProperty("peer").Text("name") == "leaves");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"The goodbye took {clock.Elapsed}.");
    }

    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public async Task A_receiver_that_is_not_done_was_interrupted(PosixSignal signal)
    {
        if (OperatingSystem.IsWindows()) return;
        await using var swarm = await TestSwarm.NewAsync();
        var server = swarm.Start(["serve"], swarm.Peer("server"));
        var receiver = swarm.Start(["receive", "never.iso", "--wait", "--destination", swarm.Folder["d"]], swarm.Peer("receiver", await TestSwarm.AddressAsync(server)));
        await receiver.WaitForAsync("event", line => line.Text("kind") == "Joined");

        receiver.Signal(signal);
        Assert.Equal(130, await receiver.EndAsync());
        await server.WaitForAsync("event", line => line.Text("kind") == "PeerLeft");
    }

    [Fact]
    public async Task The_end_of_standard_input_ends_it_when_asked_to()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var server = swarm.Start(["serve", "--stop-on-eof"], swarm.Peer("server"));
        await server.WaitForAsync("started");
        server.CloseInput();
        Assert.Equal(0, await server.EndAsync());
    }
}
