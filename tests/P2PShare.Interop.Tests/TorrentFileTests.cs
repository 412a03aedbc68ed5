using P2PShare.Engine.Catalogue;
using P2PShare.Interop.Tests.Support;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Interop.Tests;

/// <summary>.torrent files of either side are read by the other, with the same info-hash.</summary>
public sealed class TorrentFileTests
{
    [LibtorrentFact]
    public async Task Libtorrent_reads_our_torrent_of_a_single_file()
    {
        await using var swarm = new TestSwarm();
        var path = swarm.Folder.Write("source/large file.bin", 5_000_003);
        await AssertLibtorrentReadsOursAsync(swarm, path);
    }

    [LibtorrentFact]
    public async Task Libtorrent_reads_our_torrent_of_a_folder()
    {
        await using var swarm = new TestSwarm();
        await AssertLibtorrentReadsOursAsync(swarm, swarm.Folder.WriteTree("source/tree 🌳"));
    }

    [LibtorrentFact]
    public async Task We_read_the_v2_torrent_that_libtorrent_made_of_a_single_file()
    {
        using var folder = new TestFolder();
        await AssertWeReadLibtorrentsAsync(folder, folder.Write("source/large file.bin", 5_000_003), hybrid: false);
    }

    [LibtorrentFact]
    public async Task We_read_the_v2_torrent_that_libtorrent_made_of_a_folder()
    {
        using var folder = new TestFolder();
        await AssertWeReadLibtorrentsAsync(folder, folder.WriteTree("source/tree 🌳"), hybrid: false);
    }

    [LibtorrentFact]
    public async Task We_read_the_v2_half_of_a_hybrid_torrent()
    {
        using var folder = new TestFolder();
        await AssertWeReadLibtorrentsAsync(folder, folder.WriteTree("source/tree 🌳"), hybrid: true);
    }

    [LibtorrentFact]
    public async Task Equal_content_has_the_info_hash_that_libtorrent_gives_it()
    {
        await using var swarm = new TestSwarm();
        var path = swarm.Folder.Write("source/equal.bin", 10_000_019);
        var peer = await swarm.StartPeerAsync("source");
        var share = await peer.PublishAsync(new PublishRequest { Name = "equal.bin", Path = path, Open = true, TorrentPath = swarm.Folder["ours.torrent"] });
        await using var libtorrent = new LibtorrentClient();
        var ours = await libtorrent.ReadAsync(swarm.Folder["ours.torrent"]);
        var theirs = await libtorrent.MakeAsync(path, swarm.Folder["theirs.torrent"], pieceLength: ours.PieceLength);
        Assert.Equal(share.InfoHash, theirs.InfoHash);
    }

    private static async Task AssertLibtorrentReadsOursAsync(TestSwarm swarm, string path)
    {
        var torrent = swarm.Folder["ours.torrent"];
        var peer = await swarm.StartPeerAsync("source");
        var share = await peer.PublishAsync(new PublishRequest { Name = Path.GetFileName(path), Path = path, Open = true, TorrentPath = torrent });
        var ours = TorrentMetainfo.Parse(await File.ReadAllBytesAsync(torrent)).Info;
        await using var libtorrent = new LibtorrentClient();
        var theirs = await libtorrent.ReadAsync(torrent);
        Assert.Equal(share.InfoHash, theirs.InfoHash);
        AssertSame(ours, theirs);
    }

    private static async Task AssertWeReadLibtorrentsAsync(TestFolder folder, string path, bool hybrid)
    {
        var torrent = folder["theirs.torrent"];
        await using var libtorrent = new LibtorrentClient();
        var theirs = await libtorrent.MakeAsync(path, torrent, hybrid);
        Assert.Equal(hybrid, theirs.HasV1);
        var metainfo = TorrentMetainfo.Parse(await File.ReadAllBytesAsync(torrent));
        Assert.NotNull(metainfo.PieceLayers);
        AssertSame(metainfo.Info, theirs);

        // And once more as we write it.
        await File.WriteAllBytesAsync(folder["ours.torrent"], metainfo.ToBytes());
        AssertSame(metainfo.Info, await libtorrent.ReadAsync(folder["ours.torrent"]));
    }

    private static void AssertSame(TorrentInfo ours, LibtorrentTorrent theirs)
    {
        Assert.Equal(ours.InfoHash.ToString(), theirs.InfoHash);
        Assert.Equal(ours.Name, theirs.Name);
        Assert.Equal(ours.PieceLength, theirs.PieceLength);
        // libtorrent gives a single file without its torrent's name around it.
        var prefix = ours.IsSingleFile ? "" : ours.Name + "/";
        Assert.Equal(
            ours.Files.Select(file => (Path: prefix + file, file.Length, Root: file.PiecesRoot.ToString())).OrderBy(file => file.Path, StringComparer.Ordinal),
            theirs.Files.Select(file => (file.Path, file.Length, file.Root)).OrderBy(file => file.Path, StringComparer.Ordinal));
    }
}
