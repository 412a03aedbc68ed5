using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Tests.Metainfo;

public sealed class TorrentInfoBuilderTests
{
    [Fact]
    public void Makes_the_info_hash_that_libtorrent_makes_of_a_file()
    {
        // 1,000,000 bytes of 'a' in pieces of 16 KiB; hash and layer by libtorrent 2.0.8.
        var data = Letters(1_000_000);
        var leaves = new byte[62 * 32];
        MerkleTree.HashBlocks(data, leaves);
        var root = MerkleTree.Root(leaves, 0, 6);
        Assert.Equal("335e5b95f4aef9d47c80445edddb55775ca81b828090748616ca0e06dbba3f3e", Hash256.Of(leaves).ToString());
        var info = TorrentInfoBuilder.SingleFile("big.bin", 16384, data.Length, root);
        Assert.Equal("2f6ac8d6db5681b2288d0c7669f3a9c3d4c8f3b0f859c393c5e591aea85c9250", info.InfoHash.ToString());
        Assert.True(info.IsSingleFile);
        Assert.Equal(["big.bin"], info.Files[0].PathComponents);
    }

    [Fact]
    public void Makes_the_info_hash_that_libtorrent_makes_of_a_folder()
    {
        var builder = new TorrentInfoBuilder("lab", 65536);
        Add(builder, 65537, "z.bin");
        Add(builder, 1, "sub", "one");
        Add(builder, 0, "sub", "empty");
        Add(builder, 49152, "B.bin");
        Add(builder, 300_000, "é.bin");
        var info = builder.Build();
        Assert.Equal("5537e4897616224587125fde625f7f77dbaa9ac37f2c45c69dc4572860e42190", info.InfoHash.ToString());
        Assert.Equal(["B.bin", "sub/empty", "sub/one", "z.bin", "é.bin"], info.Files.Select(file => file.ToString()));
        Assert.Equal("9a05c4b874103e6f13b0dafc8afc537fc314462e6147406345d704e02f60853b", info.Files[4].PiecesRoot.ToString());
        Assert.False(info.IsSingleFile);

        static void Add(TorrentInfoBuilder builder, int length, params string[] path) =>
            builder.AddFile(path, length, length == 0 ? default : MerkleTree.RootOfData(Letters(length), new MerkleShape(length, 65536).RootLevel));
    }

    [Property(MaxTest = 200, Replay = "(20260101,7)")]
    public Property Equal_content_gives_one_info_hash_and_reads_back_whatever_the_order() => Prop.ForAll(Trees().ToArbitrary(), tree =>
    {
        var forward = new TorrentInfoBuilder("share", 32768) { IsPrivate = true };
        var backward = new TorrentInfoBuilder("share", 32768) { IsPrivate = true };
        foreach (var (path, length) in tree) forward.AddFile(path, length, RootFor(path));
        foreach (var (path, length) in tree.AsEnumerable().Reverse()) backward.AddFile(path, length, RootFor(path));

        var info = forward.Build();
        var expected = tree.ToDictionary(entry => string.Join('/', entry.Path), entry => entry.Length);
        return info.InfoHash == backward.Build().InfoHash
            && info.IsPrivate
            && info.Files.Count == tree.Length
            && info.TotalLength == tree.Sum(entry => entry.Length)
            && info.Files.All(file => expected[file.ToString()] == file.Length
                && file.PiecesRoot == (file.Length == 0 ? default : RootFor([.. file.PathComponents])))
            && TorrentInfo.Parse(info.RawInfo).InfoHash == info.InfoHash;
    });

    [Fact]
    public void Sorts_by_utf8_and_not_by_utf16()
    {
        var builder = new TorrentInfoBuilder("x", 16384);
        // U+1F600 is a surrogate pair in UTF-16, which sorts before U+FF21; as UTF-8 it sorts after.
        foreach (var name in new[] { "\U0001F600", "\uFF21", "z", "Z", "é" }) builder.AddFile([name], 0, default);
        Assert.Equal(["Z", "z", "é", "\uFF21", "\U0001F600"], builder.Build().Files.Select(file => file.Name));
    }

    [Fact]
    public void Takes_paths_of_96_components_and_not_97()
    {
        var builder = new TorrentInfoBuilder("x", 16384);
        builder.AddFile([.. Enumerable.Repeat("d", 96)], 0, default);
        var torrent = new TorrentMetainfo(builder.Build(), null).ToBytes();
        Assert.Equal(96, TorrentMetainfo.Parse(torrent).Info.Files[0].PathComponents.Count);
        Assert.Throws<ArgumentException>(() => builder.AddFile([.. Enumerable.Repeat("d", 97)], 0, default));
    }

    [Fact]
    public void Refuses_what_no_receiver_could_read()
    {
        Assert.Throws<ArgumentException>(() => new TorrentInfoBuilder("", 16384));
        Assert.Throws<ArgumentException>(() => new TorrentInfoBuilder("x", 16383));
        Assert.ThrowsAny<ArgumentException>(() => new TorrentInfoBuilder("\uD800", 16384));
        var builder = new TorrentInfoBuilder("x", 16384);
        Assert.Throws<ArgumentException>(() => builder.AddFile([], 0, default));
        Assert.Throws<ArgumentException>(() => builder.AddFile(["a", ""], 0, default));
        Assert.ThrowsAny<ArgumentException>(() => builder.AddFile(["\uDC00"], 0, default));
        Assert.Throws<ArgumentException>(() => builder.AddFile(["a"], 1, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.AddFile(["a"], -1, default));
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a", "a/b")]
    [InlineData("a/b/c", "a/b")]
    [InlineData("a/b", "a/b/c/d")]
    public void Refuses_a_path_twice_and_a_file_that_is_a_directory(string first, string second)
    {
        var builder = new TorrentInfoBuilder("x", 16384);
        builder.AddFile(first.Split('/'), 0, default);
        builder.AddFile(["a-"], 0, default);
        builder.AddFile(second.Split('/'), 0, default);
        Assert.Throws<ArgumentException>(() => builder.Build());
    }

    [Fact]
    public void An_empty_folder_is_a_share()
    {
        var info = new TorrentInfoBuilder("empty", 16384).Build();
        Assert.Empty(info.Files);
        Assert.False(info.IsSingleFile);
    }

    private static Hash256 RootFor(string[] path) => Hash256.Of(System.Text.Encoding.UTF8.GetBytes(string.Join('/', path)));

    private static byte[] Letters(int count) => [.. Enumerable.Repeat((byte)'a', count)];

    private static Gen<(string[] Path, long Length)[]> Trees()
    {
        var names = Gen.Elements("a", "b", "A", "é", "\uFF21", "\U0001F600", "a b", "a.txt", "..", "[x]", "con");
        // Directories and files have different names, so that no path is both.
        var paths = names.Select(name => "dir-" + name).ListOf().SelectMany(
            directories => names.Select(name => directories.Take(6).Append(name).ToArray()));
        var lengths = Gen.OneOf(Gen.Constant(0L), Gen.Choose(1, 200_000).Select(n => (long)n), Gen.Constant(1L << 26));
        return paths.SelectMany(path => lengths.Select(length => (Path: path, Length: length))).ListOf()
            .Select(entries => entries.DistinctBy(entry => string.Join('/', entry.Path)).ToArray());
    }
}
