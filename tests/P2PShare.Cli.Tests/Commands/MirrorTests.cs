using P2PShare.Cli.Tests.Support;

namespace P2PShare.Cli.Tests.Commands;

public sealed class MirrorTests
{
    [Fact]
    public async Task A_server_keeps_copies_of_what_matches()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var big = swarm.Folder.WriteRandom("source/big.iso", 500_000);
        var (_, address) = await swarm.SendAsync("sender", 2, big, swarm.Folder.WriteText("source/notes.txt", "x"));
        var server = swarm.Start(["serve", "--mirror", "*.iso", "--mirror", "nothing", "--mirror-path", swarm.Folder["kept"], "--mirror-copies", "2", "--verify"], swarm.Peer("server", address));
        await server.WaitForAsync("event", line => line.Text("kind") == "TransferCompleted" && line.GetProperty("transfer").Text("name") == "big.iso");
        Assert.Equal(File.ReadAllBytes(big), File.ReadAllBytes(Path.Combine(swarm.Folder["kept"], "big.iso")));
        Assert.False(File.Exists(Path.Combine(swarm.Folder["kept"], "notes.txt")));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_an_error_at_start()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var file = swarm.Folder.WriteText("file", "x");
        var (code, _, errors) = await CliProcess.RunAsync(["serve", "--mirror", "*", "--mirror-path", Path.Combine(file, "below"), .. swarm.Peer("server")]);
        Assert.Equal(1, code);
        Assert.Contains("(MirrorPathNotWritable)", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--mirror", "*")]
    [InlineData("--mirror-path", "somewhere")]
    [InlineData("--mirror-copies", "2")]
    [InlineData("--mirror", "", "--mirror-path", "somewhere")]
    [InlineData("--mirror", "*", "--mirror-path", "somewhere", "--mirror-copies", "0")]
    public async Task What_makes_no_sense_is_a_mistake_of_the_command_line(params string[] options)
    {
        var (code, _, errors) = await CliProcess.RunAsync(["serve", .. options]);
        Assert.Equal(2, code);
        Assert.Contains("--mirror", errors, StringComparison.Ordinal);
    }
}
