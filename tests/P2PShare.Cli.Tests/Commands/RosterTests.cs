using P2PShare.Cli.Tests.Support;

namespace P2PShare.Cli.Tests.Commands;

public sealed class RosterTests
{
    [Fact]
    public async Task Peers_shows_everybody_and_who_coordinates()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var first = swarm.Start(["serve"], swarm.Peer("first"));
        var address = await TestSwarm.AddressAsync(first);
        var second = swarm.Start(["serve"], swarm.Peer("second", address));
        await second.WaitForAsync("event", line => line.Text("kind") == "Joined");

        var (code, lines, errors) = await CliProcess.RunJsonAsync(["peers", .. swarm.Peer("viewer", address)]);

        Assert.True(code == 0, errors);
        var peers = lines.Where(line => line.Text("type") == "peer").Select(line => line.GetProperty("peer")).ToList();
        Assert.Equal(["first", "second", "viewer"], peers.Select(peer => peer.Text("name")));
        Assert.Single(peers, peer => peer.Text("role") == "Coordinator");
        Assert.Equal("viewer", Assert.Single(peers, peer => peer.GetProperty("isLocal").GetBoolean()).Text("name"));
        Assert.All(peers, peer => Assert.Equal(64, peer.Text("peerId")!.Length));
        Assert.All(peers, peer => Assert.True(peer.GetProperty("freeSpace").GetInt64() > 0));
    }

    [Fact]
    public async Task List_shows_the_catalogue_as_a_table_for_people()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (_, address) = await swarm.SendAsync("sender", 2, swarm.Folder.WriteRandom("source/big.bin", 1_500_000), swarm.Folder.WriteText("source/notes.txt", "x"));

        var (code, output, errors) = await CliProcess.RunAsync(["list", .. swarm.Peer("viewer", address)]);

        Assert.True(code == 0, errors);
        Assert.Matches("(?m)^NAME +SIZE +FILES +COPIES +PUBLISHER", output);
        Assert.Matches("(?m)^big.bin +1.50 MB +1 +1 +sender ", output);
        Assert.Matches("(?m)^notes.txt +1 B +1 +1 +sender ", output);
    }

    [Fact]
    public async Task A_peer_that_is_alone_lists_nothing()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (code, lines, errors) = await CliProcess.RunJsonAsync(["list", .. swarm.Peer("alone")]);
        Assert.True(code == 0, errors);
        Assert.DoesNotContain(lines, line => line.Text("type") == "share");
    }

    [Fact]
    public async Task What_is_to_be_warned_of_at_the_start_is_told_once()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var leaf = swarm.Folder["viewer.pem"];
        await CliProcess.RunAsync("cert", "new", "--admin", swarm.AdminFile, "--name", "viewer", "--days", "5", "--out", leaf);

        var (code, _, errors) = await CliProcess.RunAsync([.. new[] { "peers" }, .. swarm.Peer("viewer").Select(argument => argument == swarm.SwarmFile ? leaf : argument)]);

        Assert.True(code == 0, errors);
        Assert.Single(errors.Split('\n'), line => line.Contains("ends", StringComparison.Ordinal));
    }
}
