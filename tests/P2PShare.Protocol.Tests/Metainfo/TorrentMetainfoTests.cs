using System.Text;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Tests.Metainfo;

public sealed class TorrentMetainfoTests
{
    [Fact]
    public void Writes_and_reads_back_everything()
    {
        var (info, layers) = Sample();
        var torrent = new TorrentMetainfo(info, layers)
        {
            Announce = "http://tracker.example/announce",
            AnnounceList = [["http://tracker.example/announce", "udp://b.example:6969"], ["http://c.example"]],
            Comment = "für später",
            CreatedBy = "P2PShare",
            CreationDate = 1_700_000_000,
        };
        var bytes = torrent.ToBytes();
        var copy = TorrentMetainfo.Parse(bytes);
        Assert.Equal(info.InfoHash, copy.Info.InfoHash);
        Assert.Equal(
            (torrent.Announce, torrent.Comment, torrent.CreatedBy, torrent.CreationDate),
            (copy.Announce, copy.Comment, copy.CreatedBy, copy.CreationDate));
        Assert.Equal(torrent.AnnounceList, copy.AnnounceList);
        Assert.NotNull(copy.PieceLayers);
        for (var piece = 0; piece < info.PieceCount; piece++) Assert.Equal(layers.PieceHash(piece), copy.PieceLayers.PieceHash(piece));
        Assert.Equal(bytes, copy.ToBytes());
    }

    [Fact]
    public void Layers_may_be_absent_and_fetched_from_peers()
    {
        var (info, _) = Sample();
        var copy = TorrentMetainfo.Parse(new TorrentMetainfo(info, null).ToBytes());
        Assert.Equal(info.InfoHash, copy.Info.InfoHash);
        Assert.Null(copy.PieceLayers);
    }

    [Fact]
    public void Layers_follow_from_the_info_when_every_file_is_one_piece()
    {
        var info = TorrentInfoBuilder.SingleFile("x", 16384, 3, Hash256.Of("x"u8));
        var copy = TorrentMetainfo.Parse(new TorrentMetainfo(info, null).ToBytes());
        Assert.Equal(Hash256.Of("x"u8), copy.PieceLayers?.PieceHash(0));
    }

    [Fact]
    public void Refuses_wrong_layers_each_by_its_own_kind()
    {
        byte[] hashes = [.. Enumerable.Range(0, 3 * 32).Select(i => (byte)i)];
        var info = TorrentInfoBuilder.SingleFile("x", 16384, 40_000, MerkleTree.Root(hashes, 0, 2));
        var layers = PieceLayers.Create(info, new Dictionary<Hash256, ReadOnlyMemory<byte>> { [info.Files[0].PiecesRoot] = hashes });
        var bytes = new TorrentMetainfo(info, layers).ToBytes();
        var text = Encoding.Latin1.GetString(bytes);
        var head = text[..(text.IndexOf("12:piece layers", StringComparison.Ordinal) + 15)];
        var layer = Encoding.Latin1.GetString(hashes);
        var root = Encoding.Latin1.GetString(info.Files[0].PiecesRoot.ToArray());
        TorrentMetainfo.Parse(Encoding.Latin1.GetBytes(head + "d32:" + root + "96:" + layer + "ee"));

        AssertRefused(MetainfoErrorKind.MissingPieceLayer, "dee");
        AssertRefused(MetainfoErrorKind.InvalidPieceLayerLength, "d32:" + root + "64:" + layer[32..] + "ee");
        AssertRefused(MetainfoErrorKind.PieceLayerMismatch, "d32:" + root + "96:" + layer[..^1] + "!ee");
        AssertRefused(MetainfoErrorKind.InvalidPiecesRoot, "d31:" + root[1..] + "96:" + layer + "ee");
        AssertRefused(MetainfoErrorKind.Malformed, "d32:" + root + "i1eee");
        AssertRefused(MetainfoErrorKind.Malformed, "lee");

        void AssertRefused(MetainfoErrorKind kind, string pieceLayers) => Assert.Equal(
            kind, Assert.Throws<MetainfoException>(() => TorrentMetainfo.Parse(Encoding.Latin1.GetBytes(head + pieceLayers))).Kind);
    }

    [Theory]
    [InlineData("de", MetainfoErrorKind.MissingInfo)]
    [InlineData("d8:announce1:xe", MetainfoErrorKind.MissingInfo)]
    [InlineData("d4:infod6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:hhhhhhhhhhhhhhhhhhhhee", MetainfoErrorKind.NotVersion2)]
    [InlineData("d4:infoi1ee", MetainfoErrorKind.Malformed)]
    [InlineData("d4:info", MetainfoErrorKind.Malformed)]
    [InlineData("4:info", MetainfoErrorKind.Malformed)]
    public void Refuses_files_that_are_no_v2_torrent(string text, MetainfoErrorKind kind) =>
        Assert.Equal(kind, Assert.Throws<MetainfoException>(() => TorrentMetainfo.Parse(Encoding.Latin1.GetBytes(text))).Kind);

    [Fact]
    public void Refuses_a_file_above_10_MB_without_looking_at_it() => Assert.Equal(
        MetainfoErrorKind.TooLarge,
        Assert.Throws<MetainfoException>(() => TorrentMetainfo.Parse(new byte[10_000_001])).Kind);

    [Fact]
    public void Forgives_types_of_keys_it_does_not_need()
    {
        var info = TorrentInfoBuilder.SingleFile("x", 16384, 0, default);
        var raw = Encoding.Latin1.GetString(info.RawInfo.Span);
        var torrent = TorrentMetainfo.Parse(Encoding.Latin1.GetBytes(
            "d8:announcei1e13:announce-listli1el1:ai2eee13:creation date1:x4:info" + raw + "5:nodesl1:xi1eee"));
        Assert.Null(torrent.Announce);
        Assert.Null(torrent.CreationDate);
        Assert.Equal([["a"]], torrent.AnnounceList);
        Assert.Equal(info.InfoHash, torrent.Info.InfoHash);
    }

    internal static (TorrentInfo Info, PieceLayers Layers) Sample()
    {
        byte[] three = [.. Enumerable.Range(0, 3 * 32).Select(i => (byte)i)];
        byte[] two = [.. Enumerable.Range(100, 2 * 32).Select(i => (byte)i)];
        var rootOfThree = MerkleTree.Root(three, 0, 2);
        var rootOfTwo = MerkleTree.Root(two, 0, 1);
        var builder = new TorrentInfoBuilder("sample", 16384);
        builder.AddFile(["copy"], 40_000, rootOfThree);
        builder.AddFile(["dir", "three"], 40_000, rootOfThree);
        builder.AddFile(["two"], 32_768, rootOfTwo);
        builder.AddFile(["small"], 1, Hash256.Of("s"u8));
        builder.AddFile(["none"], 0, default);
        var info = builder.Build();
        return (info, PieceLayers.Create(info, new Dictionary<Hash256, ReadOnlyMemory<byte>> { [rootOfThree] = three, [rootOfTwo] = two }));
    }
}
