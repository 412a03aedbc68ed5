using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Interop.Tests.Support;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Interop.Tests;

/// <summary>libtorrent, as it comes, downloads what we publish in the open.</summary>
public sealed class LibtorrentDownloadsTests
{
    [LibtorrentFact]
    public async Task A_large_file() => await AssertDownloadsAsync(folder => folder.Write("source/large file.bin", 24 * 1024 * 1024 + 12_345));

    [LibtorrentFact]
    public async Task A_folder_with_all_kinds_of_files() => await AssertDownloadsAsync(folder => folder.WriteTree("source/tree 🌳"));

    [LibtorrentFact]
    public async Task A_file_of_one_byte() => await AssertDownloadsAsync(folder => folder.Write("source/one", 1));

    [LibtorrentFact]
    public async Task A_large_file_whose_piece_hashes_it_asks_us_for() =>
        await AssertDownloadsAsync(folder => folder.Write("source/large file.bin", 24 * 1024 * 1024 + 12_345), withoutLayers: true);

    [LibtorrentFact]
    public async Task A_folder_whose_piece_hashes_it_asks_us_for() =>
        await AssertDownloadsAsync(folder => folder.WriteTree("source/tree 🌳"), withoutLayers: true);

    [LibtorrentFact]
    public async Task In_two_goes_and_nothing_twice()
    {
        const long Size = 6 * 1024 * 1024 + 5;
        await using var swarm = new TestSwarm();
        var path = swarm.Folder.Write("source/large.bin", Size);
        var torrent = swarm.Folder["large.torrent"];
        var peer = await swarm.StartPeerAsync("source");
        await peer.PublishAsync(new PublishRequest { Name = "large.bin", Path = path, Open = true, TorrentPath = torrent });
        peer.SetLimits(4 * 1024 * 1024, null);

        long first;
        await using (var libtorrent = new LibtorrentClient())
        {
            await libtorrent.AddAsync(torrent, swarm.Folder["received"]);
            await libtorrent.ConnectAsync(peer.Port);
            first = (await libtorrent.WaitDoneAsync(Size / 3)).Done;
            Assert.InRange(first, Size / 3, Size - 1);
        }

        peer.SetLimits(null, null);
        await using (var libtorrent = new LibtorrentClient())
        {
            var begin = await libtorrent.AddAsync(torrent, swarm.Folder["received"]);
            Assert.True(begin.Done > 0, libtorrent.Log);
            await libtorrent.ConnectAsync(peer.Port);
            var end = await libtorrent.WaitFinishedAsync();
            Assert.True(end.Seeding, libtorrent.Log);
            // The last block is asked for whole; whether it was among those of the first go is chance.
            Assert.InRange(end.Received, Size - begin.Done, Blocks(Size) - begin.Done);
        }

        Assert.Equal(TestFolder.HashesOf(path), TestFolder.HashesOf(swarm.Folder["received/large.bin"]));
    }

    /// <summary>A file's length in bytes, with its last block whole.</summary>
    private static long Blocks(long length) => (length + MerkleTree.BlockSize - 1) / MerkleTree.BlockSize * MerkleTree.BlockSize;

    private static async Task AssertDownloadsAsync(Func<TestFolder, string> write, bool withoutLayers = false)
    {
        await using var swarm = new TestSwarm();
        var path = write(swarm.Folder);
        var name = Path.GetFileName(path);
        var torrent = swarm.Folder["share.torrent"];
        var peer = await swarm.StartPeerAsync("source");
        var share = await peer.PublishAsync(new PublishRequest { Name = name, Path = path, Open = true, TorrentPath = torrent });
        Assert.True(share.IsOpen);

        await using var libtorrent = new LibtorrentClient();
        if (withoutLayers)
        {
            await libtorrent.StripAsync(torrent, swarm.Folder["bare.torrent"]);
            torrent = swarm.Folder["bare.torrent"];
        }

        await libtorrent.AddAsync(torrent, swarm.Folder["received"]);
        await libtorrent.ConnectAsync(peer.Port);
        var end = await libtorrent.WaitFinishedAsync();
        Assert.True(end.Seeding, $"{end}\n{libtorrent.Log}\n{string.Join('\n', swarm.EventsOf(peer))}");
        // libtorrent asks for whole blocks at the ends of files, and nothing twice.
        Assert.Equal(TorrentMetainfo.Parse(await File.ReadAllBytesAsync(torrent)).Info.Files.Sum(file => Blocks(file.Length)), end.Received);
        var received = Path.Combine(swarm.Folder["received"], name);
        // It says that it has finished when all is verified, which may be before its cache is on disk.
        for (var wait = 0; wait < 300 && !TestFolder.HashesOf(path).SequenceEqual(TestFolder.HashesOf(received)); wait++) await Task.Delay(100);
        Assert.Equal(TestFolder.HashesOf(path), TestFolder.HashesOf(received));
    }
}
