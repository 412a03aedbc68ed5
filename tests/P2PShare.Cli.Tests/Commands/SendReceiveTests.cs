using System.Runtime.InteropServices;
using P2PShare.Cli.Tests.Support;

namespace P2PShare.Cli.Tests.Commands;

public sealed class SendReceiveTests
{
    [Fact]
    public async Task A_file_arrives_as_it_was_and_the_sender_ends_by_itself()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var file = swarm.Folder.WriteRandom("source/big.bin", 5_000_001);
        var (sender, address) = await swarm.SendAsync("sender", 1, file, "--copies", "1");

        var receiver = swarm.Start(["receive", "big.bin", "--destination", swarm.Folder["d"], "--seed-for", "1h", "--stop-on-eof"], swarm.Peer("receiver", address));
        var received = await receiver.WaitForAsync("received");
        Assert.Equal(0, await sender.EndAsync());
        receiver.CloseInput();
        Assert.Equal(0, await receiver.EndAsync());

        Assert.Equal(TempFolder.HashOf(file), TempFolder.HashOf(swarm.Folder["d/big.bin"]));
        Assert.Equal("big.bin", received.Text("name"));
        Assert.Equal(swarm.Folder["d/big.bin"], received.Text("fullName"));
        Assert.Equal(5_000_001, received.Number("length"));
        Assert.Equal(5_000_001, received.Number("bytesReceived"));
        Assert.Equal(1, received.Number("sources"));
        Assert.True(received.GetProperty("seconds").GetDouble() > 0);

        var sent = Assert.Single(sender.Lines("summary"));
        Assert.Equal("send", sent.Text("command"));
        Assert.InRange(sent.Number("bytesUploaded"), 5_000_001, 5_050_000);
        var summary = Assert.Single(receiver.Lines("summary"));
        Assert.Equal(1, summary.Number("completed"));
        Assert.Equal(0, summary.Number("failed"));
        Assert.Equal(5_000_001, summary.Number("bytesReceived"));
    }

    [Fact]
    public async Task Folders_files_and_wildcards()
    {
        await using var swarm = await TestSwarm.NewAsync();
        swarm.Folder.WriteRandom("source/tree/a/one.bin", 70_000);
        swarm.Folder.WriteText("source/tree/empty.txt", "");
        Directory.CreateDirectory(swarm.Folder["source/tree/hollow"]);
        var first = swarm.Folder.WriteText("source/first.txt", "first");
        var second = swarm.Folder.WriteText("source/second.txt", "second");
        var (_, address) = await swarm.SendAsync("sender", 3, swarm.Folder["source/tree"], first, second);

        var (code, lines, errors) = await CliProcess.RunJsonAsync(["receive", "tree", "*.txt", "--destination", swarm.Folder["d"], .. swarm.Peer("receiver", address)]);

        Assert.True(code == 0, errors);
        Assert.Equal(["first.txt", "second.txt", "tree"], lines.Where(line => line.Text("type") == "received").Select(line => line.Text("name")).Order(StringComparer.Ordinal));
        Assert.Equal("first", File.ReadAllText(swarm.Folder["d/first.txt"]));
        Assert.Equal("second", File.ReadAllText(swarm.Folder["d/second.txt"]));
        Assert.Equal(TempFolder.HashOf(swarm.Folder["source/tree/a/one.bin"]), TempFolder.HashOf(swarm.Folder["d/tree/a/one.bin"]));
        Assert.Equal(0, new FileInfo(swarm.Folder["d/tree/empty.txt"]).Length);
        Assert.True(Directory.Exists(swarm.Folder["d/tree/hollow"]));
    }

    [Fact]
    public async Task Share_name_bundles_paths()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var one = swarm.Folder.WriteText("source/x/one.txt", "1");
        var two = swarm.Folder.WriteText("source/y/two.txt", "2");
        swarm.Folder.WriteText("source/y/three.txt", "3");
        var (_, address) = await swarm.SendAsync("sender", 1, one, two, "--share-name", "bundle");

        var (code, _, errors) = await CliProcess.RunAsync(["receive", "bundle", "--destination", swarm.Folder["d"], .. swarm.Peer("receiver", address)]);

        Assert.True(code == 0, errors);
        var files = Directory.EnumerateFiles(swarm.Folder["d/bundle"], "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(swarm.Folder["d/bundle"], file)).Order(StringComparer.Ordinal);
        Assert.Equal(["x/one.txt", "y/two.txt"], files);
    }

    [Fact]
    public async Task What_is_already_here_is_not_fetched_again()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var file = swarm.Folder.WriteRandom("source/same.bin", 300_000);
        var (_, address) = await swarm.SendAsync("sender", 1, file);
        string[] command = ["receive", "same.bin", "--destination", swarm.Folder["d"], .. swarm.Peer("receiver", address)];
        Assert.Equal(0, (await CliProcess.RunAsync(command)).Code);

        var (code, lines, errors) = await CliProcess.RunJsonAsync(command);

        Assert.True(code == 0, errors);
        Assert.Equal(0, Assert.Single(lines, line => line.Text("type") == "received").Number("bytesReceived"));
    }

    [Fact]
    public async Task A_file_with_other_content_is_replaced_only_when_forced()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var file = swarm.Folder.WriteText("source/notes.txt", "theirs");
        swarm.Folder.WriteText("d/notes.txt", "mine");
        var (_, address) = await swarm.SendAsync("sender", 1, file);
        string[] command = ["receive", "notes.txt", "--destination", swarm.Folder["d"], .. swarm.Peer("receiver", address)];

        var (code, _, errors) = await CliProcess.RunAsync(command);
        Assert.Equal(1, code);
        Assert.Contains("FileExists", errors);
        Assert.Equal("mine", File.ReadAllText(swarm.Folder["d/notes.txt"]));

        Assert.Equal(0, (await CliProcess.RunAsync([.. command, "--force"])).Code);
        Assert.Equal("theirs", File.ReadAllText(swarm.Folder["d/notes.txt"]));
    }

    [Fact]
    public async Task Wait_receives_what_is_published_later()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var server = swarm.Start(["serve"], swarm.Peer("server"));
        var address = await TestSwarm.AddressAsync(server);
        var receiver = swarm.Start(["receive", "late.txt", "--wait", "--destination", swarm.Folder["d"]], swarm.Peer("receiver", address));
        await receiver.WaitForAsync("event", line => line.Text("kind") == "Joined");

        var file = swarm.Folder.WriteText("source/late.txt", "late");
        swarm.Start(["send", file], swarm.Peer("sender", address));

        Assert.Equal(0, await receiver.EndAsync());
        Assert.Equal("late", File.ReadAllText(swarm.Folder["d/late.txt"]));
    }

    [Fact]
    public async Task A_swarm_file_may_come_by_standard_input()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var (_, address) = await swarm.SendAsync("sender", 1, swarm.Folder.WriteText("source/x.txt", "x"));

        await using var list = CliProcess.Start(File.ReadAllText(swarm.SwarmFile), "list", "--swarm", "-", "--state", swarm.Folder["state"], "--name", "viewer", "--listen", "127.0.0.1", "--port", "0", "--no-discovery", "--connect", address, "--json");

        Assert.True(await list.EndAsync() == 0, list.Errors);
        Assert.Equal("x.txt", Assert.Single(list.Lines("share")).GetProperty("share").Text("name"));
    }

    [Fact]
    public async Task A_killed_receiver_goes_on_where_it_was()
    {
        const int Length = 24_000_000;
        await using var swarm = await TestSwarm.NewAsync();
        var file = swarm.Folder.WriteRandom("source/big.bin", Length);
        var (sender, address) = await swarm.SendAsync("sender", 1, file);
        string[] command = ["receive", "big.bin", "--destination", swarm.Folder["d"]];

        // Slowed down, so that there is a middle to be killed in.
        var killed = swarm.Start([.. command, "--download-limit", "8M"], swarm.Peer("receiver", address));
        await killed.WaitForAsync("progress", line => line.GetProperty("transfer").Number("bytesCompleted") > Length / 4);
        killed.Kill();
        await killed.EndAsync();
        var (code, _, errors) = await CliProcess.RunAsync([.. command, .. swarm.Peer("receiver", address)]);
        Assert.True(code == 0, errors);
        sender.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await sender.EndAsync());

        Assert.Equal(TempFolder.HashOf(file), TempFolder.HashOf(swarm.Folder["d/big.bin"]));
        // The first quarter was verified and is not sent twice; what was on its way or not yet flushed may be.
        Assert.InRange(Assert.Single(sender.Lines("summary")).Number("bytesUploaded"), Length, 2 * Length);
    }

    [Fact]
    public async Task An_open_share_is_received_by_its_torrent_file()
    {
        await using var swarm = await TestSwarm.NewAsync();
        var file = swarm.Folder.WriteRandom("source/open.bin", 400_000);
        var (sender, address) = await swarm.SendAsync("sender", 1, file, "--open", "--torrent", swarm.Folder["open.torrent"]);
        Assert.Equal("True", Assert.Single(sender.Lines("share")).GetProperty("share").Text("isOpen"));

        // Of another swarm: the torrent file is all they have in common.
        await using var other = await TestSwarm.NewAsync();
        var (code, _, errors) = await CliProcess.RunAsync(["receive", "--torrent", swarm.Folder["open.torrent"], "--destination", other.Folder["d"], .. other.Peer("receiver", address)]);

        Assert.True(code == 0, errors);
        Assert.Equal(TempFolder.HashOf(file), TempFolder.HashOf(other.Folder["d/open.bin"]));
    }
}
