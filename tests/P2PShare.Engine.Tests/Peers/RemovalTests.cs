using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Tests.Peers;

public sealed class RemovalTests : IAsyncLifetime
{
    private const int Length = 50_000;

    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task Deletes_what_was_received_and_the_folders_that_are_then_empty()
    {
        var (source, target) = await StartAsync();
        _swarm.Write("set/one.bin", Length, 1);
        _swarm.Write("set/sub/two.bin", Length, 2);
        _swarm.NewFolder("set/empty");
        var share = await source.PublishAsync(_swarm["set"]);
        await target.ReceiveAsync(share);
        _swarm.Write("to-target/other.txt", Length, 3);

        var removal = await target.Engine.RemoveShareAndFilesAsync(share.InfoHash);
        Assert.Equal(2, removal.Deleted.Count);
        Assert.Empty(removal.Kept);
        Assert.Equal([_swarm["to-target/other.txt"]], Directory.GetFileSystemEntries(_swarm["to-target"]));
        Assert.Empty(target.Engine.GetTransfers());
        Assert.True(File.Exists(_swarm["set/sub/two.bin"]));
        await source.Eventually(peer => peer.Look(share.InfoHash) is { Copies: 1 });
    }

    [Fact]
    public async Task Never_deletes_what_is_published_from_here()
    {
        var (source, target) = await StartAsync();
        var share = await source.PublishAsync(_swarm.Write("one.bin", Length, 1));
        var done = await target.ReceiveAsync(share);
        await target.PublishAsync(done.FullName);

        var removal = await target.Engine.RemoveShareAndFilesAsync(share.InfoHash);
        Assert.Empty(removal.Deleted);
        Assert.Equal(done.FullName, Assert.Single(removal.Kept).FullName);
        Assert.True(File.Exists(done.FullName));

        await source.Engine.RemoveShareAndFilesAsync(share.InfoHash);
        Assert.True(File.Exists(_swarm["one.bin"]));
    }

    [Fact]
    public async Task A_published_source_is_known_by_any_of_its_paths()
    {
        if (OperatingSystem.IsWindows()) return;
        var (source, target) = await StartAsync();
        var share = await source.PublishAsync(_swarm.Write("one.bin", Length, 1));
        var done = await target.ReceiveAsync(share);
        Directory.CreateSymbolicLink(_swarm["link"], _swarm["to-target"]);
        await target.PublishAsync(Path.Combine(_swarm["link"], "one.bin"), "again");

        await target.Engine.RemoveShareAndFilesAsync(share.InfoHash);
        Assert.True(File.Exists(done.FullName));
    }

    [Fact]
    public async Task What_stood_there_before_stays_also_after_a_restart_and_another_reception()
    {
        var (source, target) = await StartAsync();
        _swarm.Write("set/one.bin", Length, 1);
        _swarm.Write("set/two.bin", Length, 2);
        var mine = _swarm.Write("to-target/set/one.bin", Length, 1);
        var share = await source.PublishAsync(_swarm["set"]);
        await target.ReceiveAsync(share);
        await target.ReceiveAsync(share);
        await target.DisposeAsync();
        target = await _swarm.StartAsync("target", source);
        await target.FindShareAsync(share.InfoHash);

        var removal = await target.Engine.RemoveShareAndFilesAsync(share.InfoHash);
        Assert.Equal([_swarm["to-target/set/two.bin"]], removal.Deleted);
        Assert.Equal(mine, Assert.Single(removal.Kept).FullName);
        Assert.True(File.Exists(mine));
    }

    [Fact]
    public async Task What_was_changed_since_stays_and_so_does_what_is_behind_a_link()
    {
        var (source, target) = await StartAsync();
        _swarm.Write("set/one.bin", Length, 1);
        _swarm.Write("set/two.bin", Length, 2);
        _swarm.Write("set/sub/three.bin", Length, 3);
        var share = await source.PublishAsync(_swarm["set"]);
        await target.ReceiveAsync(share);
        File.AppendAllText(_swarm["to-target/set/one.bin"], "mine");
        if (!OperatingSystem.IsWindows())
        {
            Directory.Move(_swarm["to-target/set/sub"], _swarm["aside"]);
            Directory.CreateSymbolicLink(_swarm["to-target/set/sub"], _swarm["aside"]);
        }

        var removal = await target.Engine.RemoveShareAndFilesAsync(share.InfoHash);
        Assert.Contains(_swarm["to-target/set/one.bin"], removal.Kept.Select(kept => kept.FullName));
        Assert.Contains(_swarm["to-target/set/two.bin"], removal.Deleted);
        Assert.True(File.Exists(_swarm["to-target/set/one.bin"]));
        if (!OperatingSystem.IsWindows()) Assert.True(File.Exists(_swarm["aside/three.bin"]));
    }

    [Fact]
    public async Task Chosen_files_of_a_share_are_deleted_too()
    {
        var (source, target) = await StartAsync();
        _swarm.Write("set/one.bin", Length, 1);
        _swarm.Write("set/two.bin", Length, 2);
        var share = await source.PublishAsync(_swarm["set"]);
        await target.ReceiveAsync(share, change: request => request with { Files = [1] });

        var removal = await target.Engine.RemoveShareAndFilesAsync(share.InfoHash);
        Assert.Equal([_swarm["to-target/set/two.bin"]], removal.Deleted);
        Assert.Empty(target.Engine.GetTransfers());
        Assert.False(Directory.Exists(_swarm["to-target/set"]));
    }

    [Fact]
    public async Task A_share_that_is_not_here_is_an_error()
    {
        var (source, target) = await StartAsync();
        var share = await source.PublishAsync(_swarm.Write("one.bin", Length, 1));
        await target.FindShareAsync(share.InfoHash);
        var error = await Assert.ThrowsAsync<P2PShareException>(() => target.Engine.RemoveShareAndFilesAsync(share.InfoHash));
        Assert.Equal(ErrorIds.ShareNotFound, error.ErrorId);
    }

    private async Task<(LivePeer Source, LivePeer Target)> StartAsync()
    {
        var source = await _swarm.StartAsync("source");
        return (source, await _swarm.StartAsync("target", source));
    }
}
