using System.Globalization;

namespace P2PShare.Cli.Tests.Support;

/// <summary>A swarm of a test's own: its files, its peers' state, its folder.</summary>
public sealed class TestSwarm : IAsyncDisposable
{
    private readonly List<CliProcess> _running = [];

    private TestSwarm(TempFolder folder) => Folder = folder;

    public TempFolder Folder { get; }

    public string SwarmFile => Folder["lab.swarm.pem"];

    public string AdminFile => Folder["lab.admin.pem"];

    public static async Task<TestSwarm> NewAsync()
    {
        var folder = new TempFolder();
        var (code, _, errors) = await CliProcess.RunAsync("swarm", "new", "--name", "lab", "--out", folder.FullPath);
        Assert.True(code == 0, errors);
        return new TestSwarm(folder);
    }

    /// <summary>What every peer of this swarm is started with: any free port on loopback, state in the test's folder.</summary>
    public string[] Peer(string name, string? connect = null)
    {
        string[] common = ["--swarm", SwarmFile, "--name", name, "--state", Folder["state"], "--listen", "127.0.0.1", "--port", "0", "--no-discovery"];
        return connect is null ? common : [.. common, "--connect", connect];
    }

    /// <summary>Starts a peer that runs until the test ends it.</summary>
    public CliProcess Start(string[] command, string[] peer)
    {
        var cli = CliProcess.Start([.. command, .. peer, "--json"]);
        _running.Add(cli);
        return cli;
    }

    /// <summary>Starts a sender and waits until all its shares are published.</summary>
    /// <returns>The process, and the address of its peer.</returns>
    public async Task<(CliProcess Process, string Address)> SendAsync(string name, int shares, params string[] arguments)
    {
        var sender = Start(["send", .. arguments], Peer(name));
        var address = await AddressAsync(sender);
        for (var i = 0; i < shares; i++) await sender.WaitForAsync("share", _ => sender.Lines("share").Count >= shares);
        return (sender, address);
    }

    public static async Task<string> AddressAsync(CliProcess process)
    {
        var started = await process.WaitForAsync("started");
        return "127.0.0.1:" + started.Number("port").ToString(CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var cli in _running) await cli.DisposeAsync();
        Folder.Dispose();
    }
}
