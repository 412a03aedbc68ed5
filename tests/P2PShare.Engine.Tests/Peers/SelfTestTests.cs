using System.Net;
using System.Net.Sockets;
using P2PShare.Engine.Diagnostics;

namespace P2PShare.Engine.Tests.Peers;

public sealed class SelfTestTests
{
    [Fact]
    public async Task A_member_dials_back_and_tells_its_clock()
    {
        await using var swarm = new LiveSwarm();
        var north = await swarm.StartAsync("north");
        var south = await swarm.StartAsync("south", north);
        await south.Eventually(peer => peer.Engine.GetPeers().Count == 2);

        var results = await CollectAsync(south.Engine.TestAsync(swarm.Folder));

        Assert.All(results, result => Assert.Equal("south", result.Peer));
        var dialBack = Assert.Single(results, result => result.Name == CheckNames.DialBack);
        Assert.Equal((CheckStatus.Passed, "north"), (dialBack.Status, dialBack.Target));
        Assert.Contains(south.Address, dialBack.Detail, StringComparison.Ordinal);
        Assert.Equal(CheckStatus.Passed, Assert.Single(results, result => result.Name == CheckNames.Clock).Status);
        var known = Assert.Single(results, result => result.Name == CheckNames.KnownAddress);
        Assert.Equal((CheckStatus.Passed, north.Address), (known.Status, known.Target));
        Assert.Contains("'north'", known.Detail, StringComparison.Ordinal);
        foreach (var name in new[] { CheckNames.Tls13, CheckNames.Certificate, CheckNames.Port, CheckNames.Membership })
            Assert.Equal(CheckStatus.Passed, Assert.Single(results, result => result.Name == name).Status);
        Assert.Equal(2, results.Count(result => result.Name == CheckNames.DiskSpace));
        // Neither was disturbed: each still has its one link.
        Assert.Equal(2, north.Engine.GetPeers().Count);
    }

    [Fact]
    public async Task A_peer_that_is_alone_says_so_and_names_the_address_that_does_not_answer()
    {
        await using var swarm = new LiveSwarm();
        var free = FreePort();
        var lone = await swarm.StartAsync(swarm.Options("lone") with { ConnectTo = [LiveSwarm.LocalAddress(free)] });

        var results = await CollectAsync(lone.Engine.TestAsync(null));

        var known = Assert.Single(results, result => result.Name == CheckNames.KnownAddress);
        Assert.Equal((CheckStatus.Failed, LiveSwarm.LocalAddress(free)), (known.Status, known.Target));
        Assert.NotEmpty(known.Recommendation);
        Assert.Equal(CheckStatus.Skipped, Assert.Single(results, result => result.Name == CheckNames.DialBack).Status);
        Assert.Equal(CheckStatus.Skipped, Assert.Single(results, result => result.Name == CheckNames.Clock).Status);
        Assert.NotEqual(CheckStatus.Passed, Assert.Single(results, result => result.Name == CheckNames.Membership).Status);
    }

    [Fact]
    public async Task Asked_twice_at_once_a_member_dials_once()
    {
        await using var swarm = new LiveSwarm();
        var north = await swarm.StartAsync("north");
        var south = await swarm.StartAsync("south", north);
        await south.Eventually(peer => peer.Engine.GetPeers().Count == 2);

        var twice = await Task.WhenAll(CollectAsync(south.Engine.TestAsync(null)), CollectAsync(south.Engine.TestAsync(null)));

        var statuses = twice.SelectMany(results => results).Where(result => result.Name == CheckNames.DialBack).Select(result => result.Status).ToList();
        Assert.Equal(2, statuses.Count);
        Assert.Contains(CheckStatus.Passed, statuses);
        Assert.DoesNotContain(CheckStatus.Failed, statuses);
    }

    [Fact]
    public async Task Without_a_peer_the_machine_is_looked_at()
    {
        await using var swarm = new LiveSwarm();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var results = await CollectAsync(Peer.TestAsync(new CheckOptions { SwarmPath = swarm.Info.SwarmPath, Port = port, ListenAddress = "127.0.0.1", StateRoot = swarm.StateRoot, Folder = swarm.Folder }));

        Assert.Equal(CheckStatus.Passed, Assert.Single(results, result => result.Name == CheckNames.Tls13).Status);
        Assert.Equal(CheckStatus.Passed, Assert.Single(results, result => result.Name == CheckNames.Certificate).Status);
        Assert.Equal(CheckStatus.Failed, Assert.Single(results, result => result.Name == CheckNames.Port).Status);
        Assert.Equal(CheckStatus.Skipped, Assert.Single(results, result => result.Name == CheckNames.DialBack).Status);
        taken.Stop();
        results = await CollectAsync(Peer.TestAsync(new CheckOptions { SwarmPath = swarm["nothing.pem"], Port = 0, ListenAddress = "127.0.0.1", StateRoot = swarm.StateRoot }));
        Assert.Equal(CheckStatus.Failed, Assert.Single(results, result => result.Name == CheckNames.Certificate).Status);
        Assert.Equal(CheckStatus.Passed, Assert.Single(results, result => result.Name == CheckNames.Port).Status);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<List<CheckResult>> CollectAsync(IAsyncEnumerable<CheckResult> checks)
    {
        var results = new List<CheckResult>();
        await foreach (var result in checks) results.Add(result);
        return results;
    }
}
