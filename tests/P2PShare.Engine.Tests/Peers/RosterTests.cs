using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;

namespace P2PShare.Engine.Tests.Peers;

public sealed class RosterTests : IAsyncLifetime
{
    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task Twenty_peers_that_join_at_once_agree()
    {
        var first = await _swarm.StartAsync("p00");
        var share = await first.PublishAsync(_swarm.Write("a.bin", 10_000, 1));
        var others = await Task.WhenAll(Enumerable.Range(1, 19).Select(number => _swarm.StartAsync($"p{number:00}", first)));
        LivePeer[] all = [first, .. others];
        foreach (var peer in all)
        {
            await peer.Engine.WaitForCatalogueAsync(TimeSpan.FromSeconds(60));
            await peer.Eventually(one => one.Engine.GetPeers().Count == all.Length && one.Look(share.InfoHash) is { Copies: 1 });
        }

        Assert.Single(all.Select(peer => peer.Engine.GetPeers().Single(other => other.Role == PeerRole.Coordinator).PeerId).Distinct());
        Assert.All(all, peer => Assert.Equal(all.Select(other => other.Name), peer.Engine.GetPeers().Select(other => other.Name)));

        var late = await _swarm.StartAsync("late", others[^1]);
        await late.Engine.WaitForCatalogueAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(all.Length + 1, late.Engine.GetPeers().Count);
        Assert.Equal(share.InfoHash, Assert.Single(late.Engine.GetShares(new ShareQuery())).InfoHash);
        await late.ReceiveAsync(share);
        foreach (var peer in all) await peer.Eventually(one => one.Look(share.InfoHash) is { Copies: 2 });
    }

    [Fact]
    public async Task Two_swarms_on_one_machine_do_not_see_each_other()
    {
        await using var others = new LiveSwarm("lab");
        var here = await _swarm.StartAsync("one");
        var second = await _swarm.StartAsync("two", here);
        var there = await others.StartAsync("one");
        await here.PublishAsync(_swarm.Write("a.bin", 10, 1));
        await there.PublishAsync(others.Write("b.bin", 10, 2));
        await second.FindAsync("a.bin");
        Assert.Equal(2, here.Engine.GetPeers().Count);
        Assert.Single(there.Engine.GetPeers());
        Assert.Equal("b.bin", Assert.Single(there.Engine.GetShares(new ShareQuery())).Name);
        Assert.NotEqual(here.Engine.SwarmId, there.Engine.SwarmId);
    }

    [Fact]
    public async Task A_copy_of_a_running_peer_is_refused_and_told_why()
    {
        var hub = await _swarm.StartAsync("hub");
        var original = await _swarm.StartAsync("peer");
        var state = original.Engine.StateDirectory;
        await original.Engine.StopAsync();
        var copiedRoot = _swarm["copied"];
        Copy(_swarm.StateRoot, copiedRoot, except: hub.Engine.StateDirectory);
        Assert.True(Directory.Exists(state));

        original = await _swarm.StartAsync("peer", hub);
        await hub.Eventually(peer => peer.Engine.GetPeers().Count == 2);
        var copy = await _swarm.StartAsync(_swarm.Options("peer", hub) with { StateRoot = copiedRoot });
        Assert.Equal(original.Engine.PeerId, copy.Engine.PeerId);

        await copy.Eventually(peer => peer.EventsOf(PeerEventKind.PeerRefused).Any(happened => happened.Message.Contains("same identity", StringComparison.Ordinal)));
        await hub.Eventually(peer => peer.EventsOf(PeerEventKind.PeerRefused).Any(happened => happened.Message.Contains("same identity", StringComparison.Ordinal)));
        var error = await Assert.ThrowsAsync<P2PShareException>(() => copy.Engine.WaitForCatalogueAsync(TimeSpan.FromMilliseconds(300)));
        Assert.Equal(ErrorIds.SwarmNotJoined, error.ErrorId);
        Assert.Equal(2, hub.Engine.GetPeers().Count);
        Assert.Equal(2, original.Engine.GetPeers().Count);
    }

    private static void Copy(string from, string to, string except)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            if (file.StartsWith(except, StringComparison.Ordinal)) continue;
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
