using System.Net;
using P2PShare.Engine.Tests.Discovery;

namespace P2PShare.Engine.Tests.Peers;

public sealed class DiscoveryTests : IAsyncLifetime
{
    private readonly LiveSwarm _swarm = new();
    private readonly MemoryLan _lan = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task Peers_that_were_given_no_address_find_each_other()
    {
        var first = await StartAsync(_swarm, "one");
        var share = await first.PublishAsync(_swarm.Write("a.bin", 1000, 1));
        var second = await StartAsync(_swarm, "two");
        await second.Engine.WaitForCatalogueAsync(TimeSpan.FromSeconds(60));
        await second.ReceiveAsync(share);
        await first.Eventually(peer => peer.Engine.GetPeers().Count == 2);
    }

    [Fact]
    public async Task Two_halves_started_apart_find_each_other()
    {
        var a1 = await _swarm.StartAsync("a1");
        var a2 = await StartAsync(_swarm, "a2", a1);
        var b1 = await _swarm.StartAsync("b1");
        await _swarm.StartAsync("b2", b1);
        await a1.Eventually(peer => peer.Engine.GetPeers().Count == 2);
        await b1.Eventually(peer => peer.Engine.GetPeers().Count == 2);

        await StartAsync(_swarm, "b3", b1);
        foreach (var peer in new[] { a1, a2, b1 }) await peer.Eventually(one => one.Engine.GetPeers().Count == 5);
    }

    [Fact]
    public async Task Another_swarm_that_is_heard_is_a_warning()
    {
        await using var others = new LiveSwarm("lab");
        var here = await StartAsync(_swarm, "one");
        var there = await StartAsync(others, "one");
        await here.Eventually(peer => peer.EventsOf(PeerEventKind.Warning).Any(happened =>
            happened.Address == there.Address && happened.Message.StartsWith($"Another swarm was heard at {there.Address}, and none of this one.", StringComparison.Ordinal)));
        Assert.Single(here.Engine.GetPeers());
    }

    private Task<LivePeer> StartAsync(LiveSwarm swarm, string name, params LivePeer[] connectTo) =>
        swarm.StartAsync(swarm.Options(name, connectTo) with { Discovery = true, Multicast = () => _lan.Join(IPAddress.Loopback) });
}
