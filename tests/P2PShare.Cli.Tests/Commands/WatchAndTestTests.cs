using P2PShare.Cli.Tests.Support;

namespace P2PShare.Cli.Tests.Commands;

public sealed class WatchAndTestTests
{
    [Fact]
    public async Task Test_tells_what_works_with_the_help_of_a_member()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var first = swarm.Start(["serve"], swarm.Peer("first"));
        var address = await TestSwarm.AddressAsync(first);

        var (code, lines, errors) = await CliProcess.RunJsonAsync(["test", .. swarm.Peer("tester", address)]);

        Assert.True(code == 0, errors);
        var checks = lines.Where(line => line.Text("type") == "check").Select(line => line.GetProperty("check")).ToList();
        Assert.Equal("Passed", Assert.Single(checks, check => check.Text("name") == "DialBack").Text("status"));
        Assert.Equal("Passed", Assert.Single(checks, check => check.Text("name") == "Tls13").Text("status"));
        Assert.Contains(checks, check => check.Text("name") == "KnownAddress" && check.Text("target") == address);
    }

    [Fact]
    public async Task Test_fails_where_nobody_answers_and_says_what_to_do()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (code, output, _) = await CliProcess.RunAsync(["test", .. swarm.Peer("tester", "127.0.0.1:1"), "--timeout", "1"]);
        Assert.Equal(1, code);
        Assert.Matches("(?m)^Failed +KnownAddress", output);
        Assert.Contains("firewalls", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_writes_lines_where_nobody_looks_at_a_screen()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (_, address) = await swarm.SendAsync("sender", 1, swarm.Folder.WriteText("source/notes.txt", "x"));

        var watch = swarm.Start(["watch", "--interval", "1"], swarm.Peer("viewer", address));

        var line = await watch.WaitForAsync("watch", seen => seen.GetProperty("peers").GetInt32() == 2 && seen.GetProperty("shares").GetInt32() == 1);
        Assert.Contains(line.Text("coordinator"), new[] { "sender", "viewer" });
        Assert.DoesNotContain("\u001b", watch.Output, StringComparison.Ordinal);
    }
}
