using System.Net;
using System.Net.Sockets;
using P2PShare.Cli.Tests.Support;

namespace P2PShare.Cli.Tests.Commands;

/// <summary>What can't work is exit code 1 and an error that says what and why, and what to do.</summary>
public sealed class BadInputTests
{
    [Fact]
    public async Task A_missing_file_to_send_is_PathNotFound()
    {
        await using var swarm = await TestSwarm.NewAsync();
        await FailsAsync("PathNotFound", ["send", swarm.Folder["none.iso"], .. swarm.Peer("a")]);
    }

    [Fact]
    public async Task One_missing_file_does_not_keep_the_others_from_being_sent()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var file = swarm.Folder.WriteText("source/there.txt", "there");
        var (sender, address) = await swarm.SendAsync("sender", 1, swarm.Folder["none.iso"], file, "--copies", "1");
        var receiver = swarm.Start(["receive", "there.txt", "--destination", swarm.Folder["d"], "--seed-for", "1h"], swarm.Peer("receiver", address));
        await receiver.WaitForAsync("received");

        Assert.Equal(1, await sender.EndAsync());
        Assert.Equal("PathNotFound", Assert.Single(sender.Lines("error")).Text("errorId"));
    }

    [Fact]
    public async Task An_unknown_share_is_ShareNotFound()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (_, address) = await swarm.SendAsync("sender", 1, swarm.Folder.WriteText("source/x.txt", "x"));
        await FailsAsync("ShareNotFound", ["receive", "nothing.iso", "--destination", swarm.Folder["d"], .. swarm.Peer("receiver", address)]);
        await FailsAsync("ShareNotFound", ["receive", "*.iso", "--destination", swarm.Folder["d"], .. swarm.Peer("receiver", address)]);
    }

    [Fact]
    public async Task Waiting_is_bounded_by_the_timeout()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (_, address) = await swarm.SendAsync("sender", 1, swarm.Folder.WriteText("source/x.txt", "x"));
        var (code, _, errors) = await CliProcess.RunAsync(["receive", "never.iso", "--wait", "--timeout", "1", "--destination", swarm.Folder["d"], .. swarm.Peer("receiver", address)]);
        Assert.Equal(1, code);
        Assert.Matches("TimedOut|ShareNotFound", errors);
    }

    [Fact]
    public async Task One_name_with_two_contents_is_ShareAmbiguous_and_the_publisher_chooses()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (_, address) = await swarm.SendAsync("alice", 1, swarm.Folder.WriteText("alice/notes.txt", "by alice"));
        var bob = swarm.Start(["send", swarm.Folder.WriteText("bob/notes.txt", "written by bob")], swarm.Peer("bob", address));
        await bob.WaitForAsync("share");
        await bob.WaitForAsync("event", line => line.Text("kind") == "Joined");
        string[] command = ["receive", "notes.txt", "--destination", swarm.Folder["d"], .. swarm.Peer("receiver", address)];

        var errors = await FailsAsync("ShareAmbiguous", command);
        Assert.Contains("alice", errors);
        Assert.Contains("bob", errors);

        var (code, _, complaints) = await CliProcess.RunAsync([.. command, "--publisher", "bob"]);
        Assert.True(code == 0, complaints);
        Assert.Equal("written by bob", File.ReadAllText(swarm.Folder["d/notes.txt"]));
    }

    [Fact]
    public async Task A_peer_of_another_swarm_is_refused_and_learns_nothing()
    {
        await using var swarm = await TestSwarm.NewAsync();
        await using var other = await TestSwarm.NewAsync();
        var (_, address) = await swarm.SendAsync("sender", 1, swarm.Folder.WriteText("source/secret-name.txt", "x"));
        var (code, output, errors) = await CliProcess.RunAsync(["list", "--timeout", "3", .. other.Peer("stranger", address), "--json"]);
        Assert.Equal(1, code);
        Assert.Contains("SwarmNotJoined", errors);
        Assert.DoesNotContain("secret-name", output);
    }

    [Fact]
    public async Task A_port_that_was_asked_for_and_is_taken_is_PortInUse()
    {
        await using var swarm = await TestSwarm.NewAsync();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await FailsAsync("PortInUse", ["serve", "--swarm", swarm.SwarmFile, "--name", "a", "--state", swarm.Folder["state"], "--listen", "127.0.0.1", "--port", port, "--no-discovery"]);
    }

    [Fact]
    public async Task An_address_where_nobody_is_is_SwarmNotJoined()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var errors = await FailsAsync("SwarmNotJoined", ["list", "--timeout", "2", .. swarm.Peer("a", "127.0.0.1:1")]);
        Assert.Contains("127.0.0.1:1", errors);
    }

    [Fact]
    public async Task An_address_that_is_none_is_a_usage_error()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (code, _, errors) = await CliProcess.RunAsync(["list", .. swarm.Peer("a", "host:port:number")]);
        Assert.Equal(2, code);
        Assert.Contains("InvalidAddress", errors);
    }

    [Fact]
    public async Task The_admin_file_is_refused_where_a_swarm_file_belongs()
    {
        await using var swarm = await TestSwarm.NewAsync();
        await FailsAsync("SwarmFileIsAdmin", ["list", "--swarm", swarm.AdminFile, "--state", swarm.Folder["state"], "--port", "0"]);
    }

    [Fact]
    public async Task A_swarm_file_that_is_missing_or_no_PEM_is_refused()
    {
        await using var swarm = await TestSwarm.NewAsync();
        await FailsAsync("SwarmNotFound", ["list", "--swarm", swarm.Folder["none.pem"], "--state", swarm.Folder["state"], "--port", "0"]);
        var text = swarm.Folder.WriteText("text.pem", "not a certificate");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(text, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await FailsAsync("SwarmFileInvalid", ["list", "--swarm", text, "--state", swarm.Folder["state"], "--port", "0"]);
    }

    [Fact]
    public async Task A_swarm_file_that_others_can_read_is_refused_unless_told_to()
    {
        if (OperatingSystem.IsWindows()) return;
        await using var swarm = await TestSwarm.NewAsync();
        File.SetUnixFileMode(swarm.SwarmFile, (UnixFileMode)0b110_100_100);
        var errors = await FailsAsync("SwarmFileNotPrivate", ["list", .. swarm.Peer("a")]);
        Assert.Contains("chmod 600", errors);
        Assert.Equal(0, (await CliProcess.RunAsync(["list", "--insecure-swarm", .. swarm.Peer("a")])).Code);
    }

    [Fact]
    public async Task Addresses_without_a_swarm_file_are_SwarmNotFound()
    {
        var errors = await FailsAsync("SwarmNotFound", ["list", "--connect", "server1:5000"]);
        Assert.Contains("server1:5000", errors);
        Assert.Contains(".swarm.pem", errors);
    }

    [Fact]
    public async Task A_name_that_already_runs_here_is_PeerAlreadyRunning()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var server = swarm.Start(["serve"], swarm.Peer("twin"));
        await server.WaitForAsync("started");
        await FailsAsync("PeerAlreadyRunning", ["list", .. swarm.Peer("twin")]);
    }

    [Fact]
    public async Task A_destination_that_is_a_file_is_DestinationUnusable()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (_, address) = await swarm.SendAsync("sender", 1, swarm.Folder.WriteText("source/x.txt", "x"));
        await FailsAsync("DestinationUnusable", ["receive", "x.txt", "--destination", swarm.Folder.WriteText("d", "a file"), .. swarm.Peer("receiver", address)]);
    }

    /// <summary>Runs a command that must fail with an error id, in words on standard error and as JSON.</summary>
    /// <returns>What it wrote to standard error.</returns>
    private static async Task<string> FailsAsync(string errorId, string[] arguments)
    {
        var (code, lines, errors) = await CliProcess.RunJsonAsync(arguments);
        Assert.True(code == 1, $"Exit code {code}. {errors}");
        Assert.Contains(lines, line => line.Text("type") == "error" && line.Text("errorId") == errorId);
        Assert.Contains($"({errorId})", errors);
        Assert.DoesNotContain("   at ", errors);
        return errors;
    }
}
