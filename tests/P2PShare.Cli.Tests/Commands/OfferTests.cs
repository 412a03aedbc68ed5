using System.Text.Json;
using P2PShare.Cli.Tests.Support;

namespace P2PShare.Cli.Tests.Commands;

public sealed class OfferTests
{
    [Fact]
    public async Task One_command_brings_a_folder_to_a_fleet_that_accepts_it()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (_, address) = await ServeAsync(swarm, "one", null, "--accept", swarm.Folder["in-one"]);
        var (two, _) = await ServeAsync(swarm, "two", address, "--accept", swarm.Folder["in-two"], "--accept-from", "send*,nobody");
        await two.WaitForAsync("event", line => line.Text("kind") == "Joined");
        swarm.Folder.WriteRandom("source/tree/a/one.bin", 300_000);
        swarm.Folder.WriteText("source/tree/two.txt", "two");

        var (code, lines, errors) = await CliProcess.RunJsonAsync(["send", swarm.Folder["source/tree"], "--to", "*", "--wait", "--timeout", "60", .. swarm.Peer("sender", address)]);

        Assert.True(code == 0, errors);
        var last = lines.Last(line => line.Text("type") == "delivery");
        Assert.Equal((2, 2), (last.Number("complete"), last.Number("total")));
        var recipients = Assert.Single(lines, line => line.Text("type") == "recipients").GetProperty("recipients").EnumerateArray();
        Assert.Equal(["one Complete", "two Complete"], recipients.Select(recipient => $"{recipient.Text("name")} {recipient.Text("state")}"));
        foreach (var peer in (string[])["one", "two"])
        {
            Assert.Equal("two", File.ReadAllText(swarm.Folder[$"in-{peer}/tree/two.txt"]));
            Assert.Equal(TempFolder.HashOf(swarm.Folder["source/tree/a/one.bin"]), TempFolder.HashOf(swarm.Folder[$"in-{peer}/tree/a/one.bin"]));
        }
    }

    [Fact]
    public async Task Who_accepts_nothing_is_told_of_the_offer_and_the_sender_of_who_is_missing()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (server, address) = await ServeAsync(swarm, "server", null);

        var (code, output, errors) = await CliProcess.RunAsync(["send", swarm.Folder.WriteText("source/x.txt", "x"), "--to", "server", "--wait", "--timeout", "2", .. swarm.Peer("sender", address)]);

        Assert.Equal(1, code);
        Assert.Matches("TimedOut", errors);
        Assert.Matches(@"0 of 1 complete.*server \(offer waits there\)", errors);
        Assert.Matches("(?m)^server +Listed", output);
        var offered = await server.WaitForAsync("event", line => line.Text("kind") == "OfferReceived");
        Assert.Equal("sender", offered.GetProperty("share").Text("offeredBy"));
    }

    [Fact]
    public async Task A_name_that_stands_for_nobody_is_an_error_and_the_others_get_their_offer()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (_, address) = await ServeAsync(swarm, "server", null, "--accept", swarm.Folder["in"]);
        var file = swarm.Folder.WriteText("source/x.txt", "x");

        var (code, lines, errors) = await CliProcess.RunJsonAsync(["send", file, "--to", "nobody,server", "--to", "x*", "--wait", .. swarm.Peer("sender", address)]);
        Assert.Equal(1, code);
        Assert.Equal(["nobody", "x*"], lines.Where(line => line.Text("type") == "error").Select(line => line.Text("target")));
        Assert.Contains("NoSuchPeer", errors, StringComparison.Ordinal);
        Assert.Equal("x", File.ReadAllText(swarm.Folder["in/x.txt"]));

        (code, lines, _) = await CliProcess.RunJsonAsync(["send", file, "--to", "nobody", .. swarm.Peer("sender", address)]);
        Assert.Equal(1, code);
        Assert.DoesNotContain(lines, line => line.Text("type") == "share");
    }

    [Fact]
    public async Task Wait_without_names_waits_for_the_peers_that_are_there_and_copies_for_a_number_of_them()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (_, address) = await ServeAsync(swarm, "server", null);
        var file = swarm.Folder.WriteText("source/x.txt", "x");
        var (sender, _) = await SendingAsync(swarm, file, address, "--wait");
        Assert.Equal(0, (await CliProcess.RunAsync(["receive", "x.txt", "--destination", swarm.Folder["d"], .. swarm.Peer("receiver", address)])).Code);
        Assert.Equal(0, (await sender.WaitForAsync("delivery")).Number("complete"));
        Assert.Equal(1, (await sender.WaitForAsync("delivery")).Number("total"));

        var (code, _, errors) = await CliProcess.RunAsync(["send", swarm.Folder.WriteText("source/y.txt", "y"), "--copies", "3", "--timeout", "1", .. swarm.Peer("other", address)]);
        Assert.Equal(1, code);
        Assert.Contains("3 copies", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_for_offers_that_cannot_be_written_is_an_error_at_start()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var file = swarm.Folder.WriteText("file", "x");
        var (code, _, errors) = await CliProcess.RunAsync(["serve", "--accept", Path.Combine(file, "in"), .. swarm.Peer("server")]);
        Assert.Equal(1, code);
        Assert.Contains("AcceptPathNotWritable", errors, StringComparison.Ordinal);
    }

    private static async Task<(CliProcess Process, string Address)> ServeAsync(TestSwarm swarm, string name, string? address, params string[] options)
    {
        var server = swarm.Start(["serve", .. options], swarm.Peer(name, address));
        return (server, await TestSwarm.AddressAsync(server));
    }

    private static async Task<(CliProcess Process, JsonElement Share)> SendingAsync(TestSwarm swarm, string file, string address, params string[] options)
    {
        var sender = swarm.Start(["send", file, .. options], swarm.Peer("sender", address));
        return (sender, await sender.WaitForAsync("share"));
    }
}
