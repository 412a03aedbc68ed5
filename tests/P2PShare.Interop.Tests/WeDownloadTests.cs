using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Transfers;
using P2PShare.Interop.Tests.Support;

namespace P2PShare.Interop.Tests;

/// <summary>We download what libtorrent, as it comes, seeds.</summary>
public sealed class WeDownloadTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);

    [LibtorrentFact]
    public async Task A_large_file() => await AssertDownloadsAsync(LargeFile);

    /// <summary>Of a member of the swarm that is as fast longer blocks would be asked for, which libtorrent does not answer.</summary>
    [LibtorrentFact]
    public async Task A_file_that_takes_long_enough_for_its_rate_to_be_known() =>
        await AssertDownloadsAsync(folder => folder.Write("source/larger file.bin", 96 * 1024 * 1024));

    [LibtorrentFact]
    public async Task A_folder_with_all_kinds_of_files() => await AssertDownloadsAsync(Tree);

    [LibtorrentFact]
    public async Task A_large_file_whose_piece_hashes_we_ask_it_for() => await AssertDownloadsAsync(LargeFile, layers: false);

    [LibtorrentFact]
    public async Task A_folder_whose_piece_hashes_we_ask_it_for() => await AssertDownloadsAsync(Tree, layers: false);

    [LibtorrentFact]
    public async Task The_v2_half_of_a_hybrid_file() => await AssertDownloadsAsync(LargeFile, hybrid: true);

    [LibtorrentFact]
    public async Task The_v2_half_of_a_hybrid_folder() => await AssertDownloadsAsync(Tree, hybrid: true);

    [LibtorrentFact]
    public async Task A_hybrid_folder_whose_piece_hashes_we_ask_it_for() => await AssertDownloadsAsync(Tree, hybrid: true, layers: false);

    [LibtorrentFact]
    public async Task A_torrent_that_we_made()
    {
        await using var swarm = new TestSwarm();
        var path = Tree(swarm.Folder);
        var torrent = swarm.Folder["ours.torrent"];
        var publisher = await swarm.StartPeerAsync("publisher");
        await publisher.PublishAsync(new PublishRequest { Name = Path.GetFileName(path), Path = path, Open = true, TorrentPath = torrent });
        await publisher.StopAsync();
        await AssertReceivesAsync(swarm, path, torrent);
    }

    [LibtorrentFact]
    public async Task A_torrent_that_we_made_without_its_piece_hashes()
    {
        await using var swarm = new TestSwarm();
        var path = LargeFile(swarm.Folder);
        var torrent = swarm.Folder["ours.torrent"];
        var publisher = await swarm.StartPeerAsync("publisher");
        await publisher.PublishAsync(new PublishRequest { Name = Path.GetFileName(path), Path = path, Open = true, TorrentPath = torrent });
        await publisher.StopAsync();
        await using (var libtorrent = new LibtorrentClient()) await libtorrent.StripAsync(torrent, swarm.Folder["bare.torrent"]);
        await AssertReceivesAsync(swarm, path, torrent, swarm.Folder["bare.torrent"]);
    }

    [LibtorrentFact]
    public async Task In_two_goes_and_nothing_twice()
    {
        await using var swarm = new TestSwarm();
        var path = LargeFile(swarm.Folder);
        var size = new FileInfo(path).Length;
        var torrent = swarm.Folder["theirs.torrent"];
        await using var libtorrent = new LibtorrentClient();
        await libtorrent.MakeAsync(path, torrent);
        var seed = await libtorrent.AddAsync(torrent, Path.GetDirectoryName(path)!);

        var peer = await swarm.StartPeerAsync("receiver");
        peer.SetLimits(null, 8 * 1024 * 1024);
        var transfer = await peer.ReceiveAsync(Request(swarm, torrent, seed));
        await TestSwarm.UntilAsync(() => transfer.GetSnapshot().BytesCompleted > size / 4, () => $"{transfer.GetSnapshot()}\n{libtorrent.Log}");
        await transfer.SuspendAsync(CancellationToken.None);
        Assert.InRange(transfer.GetSnapshot().BytesCompleted, size / 4, size - 1);
        peer.SetLimits(null, null);
        await transfer.ResumeAsync(CancellationToken.None);
        await transfer.Completion.WaitAsync(Bound);

        Assert.Equal(TestFolder.HashesOf(path), TestFolder.HashesOf(transfer.GetSnapshot().FullName));
        // What was on its way when it was suspended may come again.
        Assert.InRange((await libtorrent.GetStatusAsync()).Sent, size, size + size / 4);
    }

    private static string LargeFile(TestFolder folder) => folder.Write("source/large file.bin", 24 * 1024 * 1024 + 12_345);

    private static string Tree(TestFolder folder) => folder.WriteTree("source/tree 🌳");

    private static async Task AssertDownloadsAsync(Func<TestFolder, string> write, bool hybrid = false, bool layers = true)
    {
        await using var swarm = new TestSwarm();
        var path = write(swarm.Folder);
        var torrent = swarm.Folder["theirs.torrent"];
        await using (var maker = new LibtorrentClient()) await maker.MakeAsync(path, torrent, hybrid);
        var ours = torrent;
        if (!layers)
        {
            ours = swarm.Folder["bare.torrent"];
            await using var maker = new LibtorrentClient();
            await maker.StripAsync(torrent, ours);
        }

        await AssertReceivesAsync(swarm, path, torrent, ours);
    }

    /// <param name="torrent">What libtorrent seeds by.</param>
    /// <param name="ours">What we fetch by, if that is another.</param>
    private static async Task AssertReceivesAsync(TestSwarm swarm, string path, string torrent, string? ours = null)
    {
        await using var libtorrent = new LibtorrentClient();
        var seed = await libtorrent.AddAsync(torrent, Path.GetDirectoryName(path)!);
        Assert.True(seed.Seeding, $"{seed}\n{libtorrent.Log}");

        var peer = await swarm.StartPeerAsync("receiver");
        var transfer = await peer.ReceiveAsync(Request(swarm, ours ?? torrent, seed));
        TransferInfo end;
        try
        {
            end = await transfer.Completion.WaitAsync(Bound);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{transfer.GetSnapshot().State}: {transfer.GetSnapshot()}\n{libtorrent.Log}\n{string.Join('\n', swarm.EventsOf(peer))}");
        }

        Assert.Equal(TransferState.Completed, end.State);
        Assert.Equal(0, end.BytesWasted);
        Assert.Equal(TestFolder.HashesOf(path), TestFolder.HashesOf(end.FullName));
        // The swarm is told nothing of what came from elsewhere.
        Assert.Empty(peer.GetShares(new ShareQuery()));
    }

    private static ReceiveRequest Request(TestSwarm swarm, string torrent, LibtorrentStatus seed) => new()
    {
        TorrentPath = torrent,
        ConnectTo = [$"127.0.0.1:{seed.Port}"],
        Destination = swarm.Folder["received"],
    };
}
