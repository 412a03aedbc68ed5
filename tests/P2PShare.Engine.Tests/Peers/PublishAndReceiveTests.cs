using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Peers;

public sealed class PublishAndReceiveTests : IAsyncLifetime
{
    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task A_file_arrives_whole_and_the_numbers_of_both_sides_are_right()
    {
        const int Length = 5_000_001;
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var path = _swarm.Write("big.bin", Length, 1);
        var share = await source.PublishAsync(path);
        var found = await target.FindAsync("big.bin");
        Assert.Equal((share.InfoHash, Length, 1, "source"), (found.InfoHash, found.Length, found.FileCount, found.Publisher));
        Assert.Equal((1, 0, false), (found.Copies, found.PartialCopies, found.IsLocal));

        var done = await target.ReceiveAsync(found);

        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(done.FullName));
        Assert.Equal(_swarm["to-target/big.bin"], done.FullName);
        Assert.Equal((TransferState.Completed, Length, Length, 100.0), (done.State, done.Length, done.BytesCompleted, done.PercentComplete));
        Assert.Equal((Length, 0, 0), (done.BytesReceived - done.BytesWasted, done.BytesReused, done.BytesUploaded));
        Assert.Equal((1, false, target.Engine.PeerId), (done.FileCount, done.IsFolder, done.PeerId));
        Assert.Null(done.Error);
        Assert.True(done.Completed >= done.Started && done.Elapsed > TimeSpan.Zero);
        var sent = source.Transfer(share);
        Assert.Equal((TransferState.Completed, 0), (sent.State, sent.BytesReceived));
        Assert.InRange(sent.BytesUploaded, Length, Length + Length / 100);
        await source.Eventually(peer => peer.Look(share.InfoHash) is { Copies: 2, PartialCopies: 0, IsLocal: true });
        await target.Eventually(peer => peer.Look(share.InfoHash) is { Copies: 2, PartialCopies: 0, IsLocal: true } look && look.LocalPath == done.FullName);
        await target.Eventually(peer => peer.EventsOf(PeerEventKind.TransferStarted).Any() && peer.EventsOf(PeerEventKind.TransferCompleted).Any());
    }

    [Fact]
    public async Task Two_holders_share_the_work()
    {
        const int Length = 6_000_000;
        var limited = _swarm.Options("source") with { UploadLimit = 6_000_000 };
        var source = await _swarm.StartAsync(limited);
        var second = await _swarm.StartAsync(_swarm.Options("second", source) with { UploadLimit = 6_000_000 });
        var share = await source.PublishAsync(_swarm.Write("big.bin", Length, 1));
        await second.ReceiveAsync(share);
        var before = source.Transfer(share).BytesUploaded;

        var third = await _swarm.StartAsync("third", second);
        await third.Eventually(peer => peer.Look(share.InfoHash) is { Copies: 2 });
        var done = await third.ReceiveAsync(share);

        Assert.Equal(File.ReadAllBytes(_swarm["big.bin"]), File.ReadAllBytes(done.FullName));
        Assert.InRange(source.Transfer(share).BytesUploaded - before, Length / 10, Length * 9 / 10);
        Assert.InRange(second.Transfer(share).BytesUploaded, Length / 10, Length * 9 / 10);
    }

    [Fact]
    public async Task All_peers_see_the_same_roster_and_the_same_catalogue()
    {
        var first = await _swarm.StartAsync("first");
        var peers = new[] { first, await _swarm.StartAsync("second", first), await _swarm.StartAsync("third", first) };
        var shares = new List<ShareInfo>();
        for (var i = 0; i < peers.Length; i++) shares.Add(await peers[i].PublishAsync(_swarm.Write($"f{i}.bin", 1000, i)));
        foreach (var peer in peers)
        {
            await peer.Eventually(one => one.Engine.GetPeers().Count == 3 && one.Engine.GetShares(new ShareQuery()).Count == 3);
            Assert.Equal(["first", "second", "third"], peer.Engine.GetPeers().Select(other => other.Name));
            Assert.Equal(peer.Name, Assert.Single(peer.Engine.GetPeers(), other => other.IsLocal).Name);
            Assert.All(peer.Engine.GetPeers(), other => Assert.Equal(PeerState.Joined, other.State));
            Assert.Single(peer.Engine.GetPeers(), other => other.Role == PeerRole.Coordinator);
            Assert.Equal(["f0.bin", "f1.bin", "f2.bin"], peer.Engine.GetShares(new ShareQuery()).Select(share => share.Name));
            Assert.Equal(shares.Select(share => share.InfoHash), peer.Engine.GetShares(new ShareQuery()).Select(share => share.InfoHash));
            Assert.Equal(["f1.bin"], peer.Engine.GetShares(new ShareQuery { Names = ["F[13]*"] }).Select(share => share.Name));
            Assert.Equal(["f2.bin"], peer.Engine.GetShares(new ShareQuery { Publisher = "third" }).Select(share => share.Name));
        }
    }

    [Fact]
    public async Task Chosen_files_of_a_folder_are_received_alone()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        _swarm.Write("set/a/one.bin", 300_000, 1);
        _swarm.Write("set/b/two.bin", 200_000, 2);
        _swarm.Write("set/three.bin", 100_000, 3);
        var share = await source.PublishAsync(_swarm["set"]);
        await target.FindAsync("set");
        var files = await target.Engine.GetFilesAsync(share.InfoHash);
        Assert.Equal([("a/one.bin", 300_000L), ("b/two.bin", 200_000L), ("three.bin", 100_000L)], files.Select(file => (file.RelativePath, file.Length)));

        var done = await target.ReceiveAsync(share, change: request => request with { Files = [files[1].Index] });

        Assert.Equal((200_000, 200_000, 1), (done.Length, done.BytesReceived - done.BytesWasted, done.FileCount));
        Assert.Equal([_swarm["to-target/set/b/two.bin"]], Directory.GetFiles(_swarm["to-target"], "*", SearchOption.AllDirectories));
        Assert.Equal(File.ReadAllBytes(_swarm["set/b/two.bin"]), File.ReadAllBytes(_swarm["to-target/set/b/two.bin"]));

        var rest = await target.ReceiveAsync(share);
        Assert.Equal(400_000, rest.BytesReceived - rest.BytesWasted);
        Assert.Equal(File.ReadAllBytes(_swarm["set/a/one.bin"]), File.ReadAllBytes(_swarm["to-target/set/a/one.bin"]));
    }

    [Fact]
    public async Task An_empty_file_and_an_empty_folder_are_shares_too()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var file = await source.PublishAsync(_swarm.Write("nothing.txt", []));
        var done = await target.ReceiveAsync(file);
        Assert.Equal((TransferState.Completed, 0L, 100.0), (done.State, done.Length, done.PercentComplete));
        Assert.Equal(0, new FileInfo(_swarm["to-target/nothing.txt"]).Length);
        await source.Eventually(peer => peer.Look(file.InfoHash) is { Copies: 2 });
    }

    [Fact]
    public async Task Waiting_for_copies_ends_when_others_have_all_of_it()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("a.bin", 100_000, 1));
        var waiting = source.Engine.WaitForCopiesAsync(share.InfoHash, 1, null);
        Assert.False(waiting.IsCompleted);
        await target.ReceiveAsync(share);
        await waiting.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
