using System.Net;
using System.Net.Sockets;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Peers;

public sealed class BadInputTests : IAsyncLifetime
{
    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task A_missing_file_is_named()
    {
        var source = await _swarm.StartAsync("source");
        await Fails(ErrorIds.PathNotFound, "nowhere.bin", () => source.PublishAsync(_swarm["nowhere.bin"]));
    }

    [Fact]
    public async Task An_unreadable_file_is_named()
    {
        if (OperatingSystem.IsWindows() || Environment.UserName == "root") return;
        var source = await _swarm.StartAsync("source");
        var path = _swarm.Write("secret.bin", 10, 1);
        File.SetUnixFileMode(path, UnixFileMode.None);
        await Fails(ErrorIds.FileUnreadable, "secret.bin", () => source.PublishAsync(path));
    }

    [Fact]
    public async Task A_destination_that_is_a_file_is_refused_before_anything_is_fetched()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("a.bin", 100_000, 1));
        var file = _swarm.Write("in the way", [1, 2, 3]);
        await Fails(ErrorIds.DestinationUnusable, "in the way", () => target.ReceiveAsync(share, file));
        Assert.Equal(0, source.Transfer(share).BytesUploaded);
        Assert.Equal(TransferState.Failed, target.Transfer(share).State);
        Assert.Equal(ErrorIds.DestinationUnusable, target.Transfer(share).ErrorId);
        await target.Eventually(peer => peer.EventsOf(PeerEventKind.TransferFailed).Any(happened => happened.ErrorId == ErrorIds.DestinationUnusable));
    }

    [Fact]
    public async Task A_destination_that_cannot_be_written_to_is_refused()
    {
        if (!OperatingSystem.IsLinux()) return;
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("a.bin", 100_000, 1));
        await Fails(ErrorIds.DestinationUnusable, "/proc", () => target.ReceiveAsync(share, "/proc/p2pshare"));
    }

    [Fact]
    public async Task A_relative_destination_is_refused()
    {
        var source = await _swarm.StartAsync("source");
        var share = await source.PublishAsync(_swarm.Write("a.bin", 10, 1));
        await Fails(ErrorIds.DestinationUnusable, "down", () => source.Engine.ReceiveAsync(new ReceiveRequest { InfoHash = share.InfoHash, Destination = "down" }));
    }

    [Fact]
    public async Task A_port_asked_for_by_number_is_that_port_or_none()
    {
        using var taken = Listen();
        await Fails(ErrorIds.PortInUse, $"{PortOf(taken)}", () => _swarm.StartAsync(_swarm.Options("peer") with { Port = PortOf(taken) }));
        // The failed start leaves neither lock nor port behind.
        await _swarm.StartAsync("peer");
    }

    [Fact]
    public async Task An_address_where_nobody_answers_is_told()
    {
        int port;
        using (var closed = Listen()) port = PortOf(closed);
        var peer = await _swarm.StartAsync(_swarm.Options("peer") with { ConnectTo = [LiveSwarm.LocalAddress(port)] });
        await peer.Eventually(one => one.EventsOf(PeerEventKind.PeerUnreachable).Any(happened => happened.Address == LiveSwarm.LocalAddress(port) && happened.ErrorId == ErrorIds.PeerUnreachable));
        await Fails(ErrorIds.SwarmNotJoined, LiveSwarm.LocalAddress(port), () => peer.Engine.WaitForCatalogueAsync(TimeSpan.FromMilliseconds(500)));
        Assert.Single(peer.EventsOf(PeerEventKind.PeerUnreachable));
    }

    [Fact]
    public async Task An_address_that_is_none_is_refused()
    {
        await Fails(ErrorIds.InvalidAddress, "one two", () => _swarm.StartAsync(_swarm.Options("peer") with { ConnectTo = ["one two:5000"] }));
        var peer = await _swarm.StartAsync("peer");
        await Fails(ErrorIds.InvalidAddress, "99999", () => peer.Engine.ConnectAsync(["host:99999"]));
    }

    [Fact]
    public async Task A_peer_of_another_swarm_is_refused_and_both_are_told_why()
    {
        await using var others = new LiveSwarm("other");
        var stranger = await others.StartAsync("stranger");
        var peer = await _swarm.StartAsync("peer", stranger);
        await peer.Eventually(one => one.EventsOf(PeerEventKind.PeerRefused).Any(happened =>
            happened.Address == stranger.Address && happened.ErrorId == ErrorIds.PeerRefused && happened.Message.Contains("refused by peer", StringComparison.OrdinalIgnoreCase)));
        await stranger.Eventually(one => one.EventsOf(PeerEventKind.PeerRefused).Any(happened => happened.Message.Contains("another swarm", StringComparison.Ordinal)));
        await Fails(ErrorIds.SwarmNotJoined, stranger.Address, () => peer.Engine.WaitForCatalogueAsync(TimeSpan.FromMilliseconds(500)));
        Assert.Single(peer.Engine.GetPeers());
        Assert.Single(stranger.Engine.GetPeers());
        // Nothing of either swarm's is in what the other was told.
        Assert.DoesNotContain(stranger.Events, happened => happened.Message.Contains("lab", StringComparison.Ordinal));
        Assert.DoesNotContain(peer.Events, happened => happened.Message.Contains("stranger", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n")]
    [InlineData("")]
    public async Task Something_else_than_a_peer_at_the_address_is_told(string greeting)
    {
        using var listener = Listen();
        var serving = ServeAsync(listener, System.Text.Encoding.ASCII.GetBytes(greeting));
        var address = LiveSwarm.LocalAddress(PortOf(listener));
        var peer = await _swarm.StartAsync(_swarm.Options("peer") with { ConnectTo = [address], HandshakeTimeout = TimeSpan.FromMilliseconds(700) });
        await peer.Eventually(one => one.EventsOf(PeerEventKind.PeerRefused).Any(happened => happened.Address == address));
        await Fails(ErrorIds.SwarmNotJoined, address, () => peer.Engine.WaitForCatalogueAsync(TimeSpan.FromMilliseconds(200)));
        await peer.Engine.StopAsync();
        listener.Dispose();
        await serving;
    }

    [Fact]
    public async Task An_unknown_share_is_told()
    {
        var peer = await _swarm.StartAsync("peer");
        var unknown = new string('a', 64);
        await Fails(ErrorIds.ShareNotFound, unknown, () => peer.Engine.ReceiveAsync(new ReceiveRequest { InfoHash = unknown, Destination = _swarm["x"] }));
        await Fails(ErrorIds.ShareNotFound, "abc", () => peer.Engine.ReceiveAsync(new ReceiveRequest { InfoHash = "abc", Destination = _swarm["x"] }));
        await Fails(ErrorIds.ShareNotFound, unknown, () => peer.Engine.GetFilesAsync(unknown));
        await Fails(ErrorIds.ShareNotFound, unknown, () => peer.Engine.RemoveShareAsync(unknown));
        await Fails(ErrorIds.ShareNotFound, "nothing*", () => peer.Engine.WaitForSharesAsync(new ShareQuery { Names = ["nothing*"] }, TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public async Task The_administrators_file_and_no_file_and_no_pem_are_no_swarm_files()
    {
        var options = _swarm.Options("peer");
        await Fails(ErrorIds.SwarmFileIsAdmin, "lab.admin.pem", () => _swarm.StartAsync(options with { SwarmPath = _swarm.Info.AdminPath }));
        await Fails(ErrorIds.SwarmNotFound, "nowhere.pem", () => _swarm.StartAsync(options with { SwarmPath = _swarm["nowhere.pem"] }));
        await Fails(ErrorIds.SwarmNotFound, "swarm file", () => _swarm.StartAsync(options with { SwarmPath = null }));
        var garbage = _swarm.Write("garbage.pem", 1000, 1);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(garbage, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await Fails(ErrorIds.SwarmFileInvalid, "garbage.pem", () => _swarm.StartAsync(options with { SwarmPath = garbage }));
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(_swarm.Info.SwarmPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        await Fails(ErrorIds.SwarmFileNotPrivate, "lab.swarm.pem", () => _swarm.StartAsync(options));
        await _swarm.StartAsync(options with { Force = true });
    }

    [Fact]
    public async Task A_name_runs_once_and_is_free_again_after_the_stop()
    {
        var first = await _swarm.StartAsync("peer");
        await Fails(ErrorIds.PeerAlreadyRunning, $"{Environment.ProcessId}", () => _swarm.StartAsync("peer"));
        await first.Engine.StopAsync();
        await _swarm.StartAsync("peer");
    }

    private static async Task Fails(string errorId, string part, Func<Task> action)
    {
        var error = await Assert.ThrowsAsync<P2PShareException>(action);
        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains(part, error.Message + error.Recommendation, StringComparison.Ordinal);
    }

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    // Greets whoever comes, and holds on until that one goes.
    private static async Task ServeAsync(Socket listener, byte[] greeting)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptAsync();
                if (greeting.Length > 0) await client.SendAsync(greeting);
                var buffer = new byte[4096];
                while (await client.ReceiveAsync(buffer) > 0)
                {
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
