using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Mirroring;
using P2PShare.Engine.Transfers;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Peers;

public sealed class MirrorTests : IAsyncLifetime
{
    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task Shares_that_match_are_kept_as_they_appear_and_no_others()
    {
        var source = await _swarm.StartAsync("source");
        await source.PublishAsync(_swarm.Write("a/early.iso", 100_000, 1));
        await source.PublishAsync(_swarm.Write("a/early.txt", 100, 2));
        var mirror = await StartMirrorAsync("mirror", ["*.iso", "notes"], source);
        await Kept(mirror, "early.iso", "a/early.iso");
        await source.PublishAsync(_swarm.Write("a/late.txt", 100, 3));
        await source.PublishAsync(_swarm.Write("a/notes", 1000, 4));
        await source.PublishAsync(_swarm.Write("a/late.iso", 200_000, 5));
        await Kept(mirror, "notes", "a/notes");
        await Kept(mirror, "late.iso", "a/late.iso");
        Assert.Equal(3, Directory.EnumerateFileSystemEntries(_swarm["kept-mirror"]).Count());

        // It is a copy like any other: others receive it when the publisher is away.
        await source.DisposeAsync();
        var target = await _swarm.StartAsync("target", mirror);
        var received = await target.ReceiveAsync(await target.FindAsync("late.iso"));
        Assert.Equal(File.ReadAllBytes(_swarm["a/late.iso"]), File.ReadAllBytes(received.FullName));
    }

    [Fact]
    public async Task A_new_version_takes_the_place_of_the_old_one()
    {
        var source = await _swarm.StartAsync("source");
        var mirror = await StartMirrorAsync("mirror", ["*"], source);
        var first = await source.PublishAsync(_swarm.Write("tools.bin", 100_000, 1));
        await Kept(mirror, "tools.bin", "tools.bin");
        await source.PublishAsync(_swarm.Write("tools.bin", 150_000, 2));
        await Kept(mirror, "tools.bin", "tools.bin");
        await mirror.Eventually(peer => peer.Engine.GetTransfers().All(transfer => transfer.GetSnapshot().InfoHash != first.InfoHash));
    }

    [Fact]
    public async Task What_a_new_version_of_a_folder_does_not_have_any_more_goes_unless_somebody_changed_it()
    {
        var source = await _swarm.StartAsync("source");
        var mirror = await StartMirrorAsync("mirror", ["*"], source);
        _swarm.Write("tools/stays.bin", 1000, 1);
        _swarm.Write("tools/changes.bin", 1000, 2);
        _swarm.Write("tools/goes/deep/gone.bin", 1000, 3);
        _swarm.Write("tools/mine.txt", 1000, 4);
        await source.PublishAsync(_swarm["tools"]);
        await Kept(mirror, "tools/goes/deep/gone.bin", "tools/goes/deep/gone.bin");
        await mirror.Eventually(peer => peer.Engine.GetTransfers() is [var only] && only.GetSnapshot().State == TransferState.Completed);
        File.AppendAllText(_swarm["kept-mirror/tools/mine.txt"], "a note of the keeper's");
        File.WriteAllText(_swarm["kept-mirror/tools/own.txt"], "the keeper's own");

        Directory.Delete(_swarm["tools/goes"], recursive: true);
        File.Delete(_swarm["tools/mine.txt"]);
        _swarm.Write("tools/changes.bin", 2000, 5);
        await source.PublishAsync(_swarm["tools"]);
        await Kept(mirror, "tools/changes.bin", "tools/changes.bin");
        await mirror.Eventually(_ => !Directory.Exists(_swarm["kept-mirror/tools/goes"]));
        Assert.Equal(File.ReadAllBytes(_swarm["tools/stays.bin"]), File.ReadAllBytes(_swarm["kept-mirror/tools/stays.bin"]));
        Assert.EndsWith("a note of the keeper's", File.ReadAllText(_swarm["kept-mirror/tools/mine.txt"]), StringComparison.Ordinal);
        Assert.Equal("the keeper's own", File.ReadAllText(_swarm["kept-mirror/tools/own.txt"]));
    }

    [Fact]
    public async Task What_it_did_not_receive_is_never_replaced()
    {
        var own = _swarm.Write("kept-mirror/tools.bin", 500, 9);
        var before = File.ReadAllBytes(own);
        var source = await _swarm.StartAsync("source");
        var mirror = await StartMirrorAsync("mirror", ["*"], source);
        await source.PublishAsync(_swarm.Write("tools.bin", 100_000, 1));
        await source.PublishAsync(_swarm.Write("other.bin", 100, 2));
        await mirror.Eventually(peer => peer.EventsOf(PeerEventKind.TransferFailed).Any(failed => failed.ErrorId == ErrorIds.FileExists));
        await mirror.Eventually(peer => peer.EventsOf(PeerEventKind.TransferCompleted).Any());
        Assert.Equal(File.ReadAllBytes(_swarm["other.bin"]), File.ReadAllBytes(_swarm["kept-mirror/other.bin"]));
        Assert.Equal(before, File.ReadAllBytes(own));

        // Neither is a copy that somebody has changed since.
        File.AppendAllText(_swarm["kept-mirror/other.bin"], "mine");
        var changed = File.ReadAllBytes(_swarm["kept-mirror/other.bin"]);
        await source.PublishAsync(_swarm.Write("other.bin", 300, 3));
        await mirror.Eventually(peer => peer.EventsOf(PeerEventKind.TransferFailed).Count(failed => failed.ErrorId == ErrorIds.FileExists) == 2);
        Assert.Equal(changed, File.ReadAllBytes(_swarm["kept-mirror/other.bin"]));
    }

    [Fact]
    public async Task Shares_of_one_name_by_two_publishers_are_both_kept()
    {
        var one = await _swarm.StartAsync("one");
        await one.PublishAsync(_swarm.Write("one/log.txt", 1000, 1));
        var mirror = await StartMirrorAsync("mirror", ["*"], one);
        await Kept(mirror, "log.txt", "one/log.txt");
        var two = await _swarm.StartAsync("two", mirror);
        await two.PublishAsync(_swarm.Write("two/log.txt", 1000, 2));
        await Kept(mirror, Path.Combine(two.Engine.PeerId[..16], "log.txt"), "two/log.txt");
        Assert.Equal(File.ReadAllBytes(_swarm["one/log.txt"]), File.ReadAllBytes(_swarm["kept-mirror/log.txt"]));
    }

    [Fact]
    public async Task A_withdrawn_share_is_offered_no_more_and_its_copy_is_kept()
    {
        var source = await _swarm.StartAsync("source");
        var mirror = await StartMirrorAsync("mirror", ["*"], source);
        await source.PublishAsync(_swarm.Write("tools.bin", 1000, 1));
        await Kept(mirror, "tools.bin", "tools.bin");
        var second = await source.PublishAsync(_swarm.Write("tools.bin", 2000, 2));
        await Kept(mirror, "tools.bin", "tools.bin");
        await mirror.Eventually(peer => peer.Engine.GetShares(new ShareQuery { InfoHash = second.InfoHash }) is [{ IsLocal: true }]);

        await source.Engine.RemoveShareAsync(second.InfoHash);
        await mirror.Eventually(peer => peer.Engine.GetShares(new ShareQuery { InfoHash = second.InfoHash }).Count == 0);
        await mirror.Eventually(peer => peer.Engine.GetTransfers().All(transfer => transfer.GetSnapshot().InfoHash != second.InfoHash));
        Assert.Equal(File.ReadAllBytes(_swarm["tools.bin"]), File.ReadAllBytes(_swarm["kept-mirror/tools.bin"]));

        // After a restart it still knows that it may replace it, and by what.
        await mirror.DisposeAsync();
        var again = await StartMirrorAsync("mirror", ["*"], source);
        await source.PublishAsync(_swarm.Write("tools.bin", 3000, 3));
        await Kept(again, "tools.bin", "tools.bin");
    }

    [Fact]
    public async Task Started_again_it_goes_on()
    {
        var source = await _swarm.StartAsync("source");
        var mirror = await StartMirrorAsync("mirror", ["*"], source);
        await source.PublishAsync(_swarm.Write("tools.bin", 1000, 1));
        await Kept(mirror, "tools.bin", "tools.bin");
        await mirror.Eventually(_ => Directory.EnumerateFiles(mirror.Engine.StateDirectory, "*.torrent", SearchOption.AllDirectories).Any());
        await mirror.DisposeAsync();
        await source.PublishAsync(_swarm.Write("tools.bin", 2000, 2));
        await source.PublishAsync(_swarm.Write("more.bin", 2000, 3));

        var again = await StartMirrorAsync("mirror", ["*"], source);
        await Kept(again, "tools.bin", "tools.bin");
        await Kept(again, "more.bin", "more.bin");
    }

    [Fact]
    public async Task As_many_copies_as_are_wanted_are_kept_and_a_lost_one_is_replaced()
    {
        var source = await _swarm.StartAsync("source");
        var mirrors = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => StartMirrorAsync("m" + i, ["*"], source, copies: 2)));
        foreach (var mirror in mirrors) await mirror.Eventually(peer => peer.Engine.GetPeers().Count == 5);
        var share = await source.PublishAsync(_swarm.Write("tools.bin", 1000, 1));
        PeerId publisher = Id(source.Engine.PeerId);
        var order = mirrors.OrderBy(mirror => MirrorChoice.Rank(Id(mirror.Engine.PeerId), mirrors.Select(other => Id(other.Engine.PeerId)), publisher, "tools.bin")).ToList();
        await Eventually.Holds(() => order.Take(2).All(mirror => HasCopy(mirror.Name)));
        await source.Eventually(peer => peer.Look(share.InfoHash)?.Copies >= 3);

        await order[0].DisposeAsync();
        await Eventually.Holds(() => HasCopy(order[2].Name));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_an_error_at_start()
    {
        var file = _swarm.Write("file", 1, 1);
        var error = await Assert.ThrowsAsync<P2PShareException>(() => _swarm.StartAsync(_swarm.Options("mirror") with { Mirror = ["*"], MirrorPath = Path.Combine(file, "below") }));
        Assert.Equal(ErrorIds.MirrorPathNotWritable, error.ErrorId);
        Assert.Equal(ErrorKind.WriteError, error.Kind);
    }

    [Theory]
    [InlineData(new string[0], "/copies", null)]
    [InlineData(new[] { "*" }, null, null)]
    [InlineData(new[] { "" }, "/copies", null)]
    [InlineData(new[] { "*" }, "/copies", 0)]
    [InlineData(new string[0], null, 3)]
    public async Task What_makes_no_sense_is_an_error_at_start(string[] names, string? path, int? copies)
    {
        var error = await Assert.ThrowsAsync<P2PShareException>(() => _swarm.StartAsync(_swarm.Options("mirror") with { Mirror = names, MirrorPath = path, MirrorCopies = copies }));
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
    }

    private static PeerId Id(string text) => PeerId.TryParse(text, out var id) ? id : throw new ArgumentException(text);

    private bool HasCopy(string mirror) => File.Exists(_swarm[$"kept-{mirror}/tools.bin"]);

    private Task<LivePeer> StartMirrorAsync(string name, string[] patterns, LivePeer connectTo, int? copies = null) => _swarm.StartAsync(
        _swarm.Options(name, connectTo) with { Mirror = patterns, MirrorPath = _swarm["kept-" + name], MirrorCopies = copies, MirrorPatience = TimeSpan.FromSeconds(6) });

    private Task Kept(LivePeer mirror, string copy, string original) => mirror.Eventually(_ =>
    {
        var path = Path.Combine(_swarm["kept-" + mirror.Name], copy);
        try
        {
            return File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(_swarm[original]));
        }
        catch (IOException)
        {
            return false;
        }
    });
}
