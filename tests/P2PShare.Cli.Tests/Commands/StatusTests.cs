using System.Runtime.InteropServices;
using P2PShare.Cli.Tests.Support;

namespace P2PShare.Cli.Tests.Commands;

public sealed class StatusTests
{
    [Fact]
    public async Task Status_shows_which_peer_has_how_much()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (_, address) = await swarm.SendAsync("sender", 1, swarm.Folder.WriteRandom("source/big.bin", 1_500_000));

        var (code, output, errors) = await CliProcess.RunAsync(["status", "big*", .. swarm.Peer("viewer", address)]);

        Assert.True(code == 0, errors);
        Assert.Matches("(?m)^big.bin: 1 of 2 complete, 0 receiving", output);
        Assert.Matches("(?m)^PEER +STATE +DONE +RATE", output);
        Assert.Matches("(?m)^sender +Complete +100.0 %", output);
        Assert.Matches(@"(?m)^viewer \* +None +0.0 %", output);
    }

    [Fact]
    public async Task Watching_shows_a_receiver_on_its_way_until_it_is_interrupted()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (_, address) = await swarm.SendAsync("sender", 1, swarm.Folder.WriteRandom("source/big.bin", 30_000_000), "--upload-limit", "200K");
        var receiver = swarm.Start(["receive", "big.bin", "--destination", swarm.Folder["into"]], swarm.Peer("receiver", address));
        await receiver.WaitForAsync("progress", line => line.GetProperty("transfer").Number("bytesCompleted") > 0);

        var viewer = swarm.Start(["status", "big.bin", "--watch"], swarm.Peer("viewer", address));
        await viewer.WaitForAsync("peerProgress", line => line.GetProperty("progress") is var progress && progress.Text("peerName") == "sender" && progress.Text("state") == "Complete");
        await viewer.WaitForAsync("peerProgress", line => line.GetProperty("progress") is var progress
            && progress.Text("peerName") == "receiver" && progress.Text("state") == "Receiving" && progress.GetProperty("percentComplete").GetDouble() > 0 && progress.Number("downloadRate") > 0);
        if (OperatingSystem.IsWindows()) return;
        viewer.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await viewer.EndAsync());
    }

    [Fact]
    public async Task A_share_that_is_not_there_is_an_error()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (code, _, errors) = await CliProcess.RunAsync(["status", "nothing", .. swarm.Peer("alone")]);
        Assert.Equal(1, code);
        Assert.Contains("(ShareNotFound)", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_share_must_be_named()
    {
        var (code, _, errors) = await CliProcess.RunAsync("status");
        Assert.Equal(2, code);
        Assert.Contains("status --help", errors, StringComparison.Ordinal);
    }
}
