using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Peers;

public sealed class VersionTests : IAsyncLifetime
{
    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task Publishing_a_name_again_supersedes_and_the_older_version_stays_available()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var old = await source.PublishAsync(_swarm.Write("v1/tool.bin", 50_000, 1));
        var newer = await source.PublishAsync(_swarm.Write("v2/tool.bin", 60_000, 2));
        Assert.NotEqual(old.InfoHash, newer.InfoHash);
        Assert.True(newer.Version > old.Version);
        await target.FindShareAsync(newer.InfoHash);

        foreach (var peer in (LivePeer[])[source, target])
        {
            await peer.Eventually(one => one.Engine.GetShares(new ShareQuery { AllVersions = true }).Count == 2);
            Assert.Equal([newer.InfoHash], peer.Engine.GetShares(new ShareQuery()).Select(share => share.InfoHash));
            Assert.Equal(
                [(newer.InfoHash, true), (old.InfoHash, false)],
                peer.Engine.GetShares(new ShareQuery { AllVersions = true }).Select(share => (share.InfoHash, share.IsNewest)));
        }

        var done = await target.ReceiveAsync(old);
        Assert.Equal(File.ReadAllBytes(_swarm["v1/tool.bin"]), File.ReadAllBytes(done.FullName));
    }

    [Fact]
    public async Task Publishing_the_same_again_makes_no_new_version()
    {
        var source = await _swarm.StartAsync("source");
        var path = _swarm.Write("tool.bin", 50_000, 1);
        var first = await source.PublishAsync(path);
        var second = await source.PublishAsync(path);
        Assert.Equal((first.InfoHash, first.Version), (second.InfoHash, second.Version));
        Assert.Single(source.Engine.GetShares(new ShareQuery { AllVersions = true }));
        Assert.Single(source.Engine.GetTransfers());
    }

    [Fact]
    public async Task Publishing_an_older_content_again_makes_it_the_newest()
    {
        var source = await _swarm.StartAsync("source");
        var old = await source.PublishAsync(_swarm.Write("v1/tool.bin", 50_000, 1));
        var newer = await source.PublishAsync(_swarm.Write("v2/tool.bin", 60_000, 2));
        var again = await source.PublishAsync(_swarm["v1/tool.bin"]);
        Assert.Equal(old.InfoHash, again.InfoHash);
        Assert.True(again.Version > newer.Version);
        Assert.Equal([old.InfoHash], source.Engine.GetShares(new ShareQuery()).Select(share => share.InfoHash));
    }

    [Fact]
    public async Task What_its_publisher_withdraws_nobody_offers_and_the_files_stay()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("tool.bin", 50_000, 1));
        var done = await target.ReceiveAsync(share);
        await source.Eventually(peer => peer.Look(share.InfoHash) is { Copies: 2 });

        var removed = await source.Engine.RemoveShareAsync(share.InfoHash);

        Assert.Equal(share.InfoHash, removed.InfoHash);
        foreach (var peer in (LivePeer[])[source, target])
        {
            await peer.Eventually(one => one.Look(share.InfoHash) is null && one.EventsOf(PeerEventKind.ShareWithdrawn).Any());
            await peer.Eventually(one => one.Engine.GetTransfers().Count == 0);
            var error = await Assert.ThrowsAsync<P2PShareException>(() => peer.Engine.ReceiveAsync(new ReceiveRequest { InfoHash = share.InfoHash, Destination = _swarm["x"] }));
            Assert.Equal(ErrorIds.ShareNotFound, error.ErrorId);
        }

        Assert.True(File.Exists(done.FullName) && File.Exists(_swarm["tool.bin"]));

        var again = await source.PublishAsync(_swarm["tool.bin"]);
        Assert.Equal(share.InfoHash, again.InfoHash);
        await target.Eventually(peer => peer.Look(share.InfoHash) is { Copies: 1, IsLocal: false });
    }

    [Fact]
    public async Task What_is_withdrawn_just_before_its_publisher_stops_is_withdrawn_all_the_same()
    {
        // The publisher coordinates, and what it tells others it gathers for a moment.
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("tool.bin", 50_000, 1));
        await target.ReceiveAsync(share);
        await source.Eventually(peer => peer.Look(share.InfoHash) is { Copies: 2 });

        await source.Engine.RemoveShareAsync(share.InfoHash);
        await source.DisposeAsync();

        await target.Eventually(peer => peer.Look(share.InfoHash) is null && peer.EventsOf(PeerEventKind.ShareWithdrawn).Any());
    }

    [Fact]
    public async Task What_a_holder_removes_only_that_holder_stops_offering()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("tool.bin", 50_000, 1));
        var done = await target.ReceiveAsync(share);
        await source.Eventually(peer => peer.Look(share.InfoHash) is { Copies: 2 });
        await target.Engine.RemoveShareAsync(share.InfoHash);
        await source.Eventually(peer => peer.Look(share.InfoHash) is { Copies: 1, IsLocal: true });
        await target.Eventually(peer => peer.Look(share.InfoHash) is { Copies: 1, IsLocal: false, LocalPath: null });
        Assert.True(File.Exists(done.FullName));
        var error = await Assert.ThrowsAsync<P2PShareException>(() => target.Engine.RemoveShareAsync(share.InfoHash));
        Assert.Equal(ErrorIds.ShareNotFound, error.ErrorId);
    }

    [Fact]
    public async Task One_name_of_two_publishers_is_listed_twice()
    {
        var first = await _swarm.StartAsync("first");
        var second = await _swarm.StartAsync("second", first);
        var one = await first.PublishAsync(_swarm.Write("a/tool.bin", 50_000, 1));
        var other = await second.PublishAsync(_swarm.Write("b/tool.bin", 50_000, 2));
        foreach (var peer in (LivePeer[])[first, second])
        {
            await peer.Eventually(peer => peer.Engine.GetShares(new ShareQuery { LiteralNames = ["tool.bin"] }).Count == 2);
            Assert.Equal(
                [("first", one.InfoHash), ("second", other.InfoHash)],
                peer.Engine.GetShares(new ShareQuery { LiteralNames = ["tool.bin"] }).Select(share => (share.Publisher, share.InfoHash)).Order());
        }
    }

    [Fact]
    public async Task Equal_content_of_two_publishers_is_one_info_hash_with_two_copies()
    {
        var first = await _swarm.StartAsync("first");
        var second = await _swarm.StartAsync("second", first);
        var third = await _swarm.StartAsync("third", first);
        _swarm.Write("a/set/x.bin", 50_000, 1);
        _swarm.Write("b/set/x.bin", 50_000, 1);
        var one = await first.PublishAsync(_swarm["a/set"]);
        var other = await second.PublishAsync(_swarm["b/set"]);
        Assert.Equal(one.InfoHash, other.InfoHash);
        await third.Eventually(peer => peer.Engine.GetShares(new ShareQuery { LiteralNames = ["set"] }) is { Count: 2 } shares
            && shares.All(share => share.InfoHash == one.InfoHash && share.Copies == 2));

        // One of them goes; the other still has it.
        await first.Engine.RemoveShareAsync(one.InfoHash);
        await third.Eventually(peer => peer.Engine.GetShares(new ShareQuery { LiteralNames = ["set"] }) is [{ Publisher: "second", Copies: 1 }]);
        var done = await third.ReceiveAsync(other);
        Assert.Equal(File.ReadAllBytes(_swarm["a/set/x.bin"]), File.ReadAllBytes(Path.Combine(done.FullName, "x.bin")));
    }

    [Fact]
    public async Task Of_equal_files_with_other_times_each_publisher_gives_its_own_and_nobody_is_blamed()
    {
        var first = await _swarm.StartAsync("first");
        var second = await _swarm.StartAsync("second", first);
        var third = await _swarm.StartAsync("third", first);
        var fourth = await _swarm.StartAsync("fourth", first);
        var times = new[] { new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc), new DateTime(2021, 1, 1, 0, 0, 0, DateTimeKind.Utc) };
        File.SetLastWriteTimeUtc(_swarm.Write("a/x.bin", 50_000, 1), times[0]);
        File.SetLastWriteTimeUtc(_swarm.Write("b/x.bin", 50_000, 1), times[1]);
        var one = await first.PublishAsync(_swarm["a/x.bin"]);
        await second.FindShareAsync(one.InfoHash);
        await second.PublishAsync(_swarm["b/x.bin"]);
        await third.Eventually(peer => peer.Look(one.InfoHash) is { Copies: 2 });

        // The newest record is the second's; a holder with other times must neither be asked in vain nor be given up.
        var done = await third.ReceiveAsync(one);
        Assert.Equal(times[1], File.GetLastWriteTimeUtc(done.FullName));
        Assert.DoesNotContain(third.Events, happened => happened.Kind == PeerEventKind.Warning);

        await second.Engine.StopAsync();
        await third.Engine.StopAsync();
        await fourth.Eventually(peer => peer.Look(one.InfoHash) is { Copies: 1 });
        var watch = System.Diagnostics.Stopwatch.StartNew();
        done = await fourth.ReceiveAsync(one);
        Assert.Equal(times[0], File.GetLastWriteTimeUtc(done.FullName));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(25), $"It waited {watch.Elapsed} for times that nobody has.");
    }
}
