using System.Text;
using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Tests.Metainfo;

public sealed class TorrentInfoTests
{
    private const string Root = "RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR";
    private const string OneFile = "9:file treed1:ad0:d6:lengthi5e11:pieces root32:" + Root + "eee";
    private const string Tail = "12:meta versioni2e4:name1:a12:piece lengthi16384e";

    [Fact]
    public void Reads_a_single_file()
    {
        var raw = Latin1("d" + OneFile + Tail + "7:privatei1ee");
        var info = TorrentInfo.Parse(raw);
        Assert.Equal(("a", 16384, 5, 1), (info.Name, info.PieceLength, info.TotalLength, info.PieceCount));
        Assert.True(info.IsSingleFile);
        Assert.True(info.IsPrivate);
        Assert.Equal(Hash256.Of(raw), info.InfoHash.Value);
        var file = Assert.Single(info.Files);
        Assert.Equal(["a"], file.PathComponents);
        Assert.Equal((5, new Hash256(Latin1(Root)), false), (file.Length, file.PiecesRoot, file.HasPieceLayer));
    }

    [Fact]
    public void Hashes_the_bytes_as_they_came_unknown_keys_included()
    {
        var raw = Latin1("d" + OneFile + Tail + "6:sourcel1:xi-3eee");
        var info = TorrentInfo.Parse(raw);
        Assert.Equal(Hash256.Of(raw), info.InfoHash.Value);
        Assert.Equal(raw, info.RawInfo.ToArray());
        Assert.False(info.IsPrivate);
        raw[5] = (byte)'?';
        Assert.NotEqual(raw, info.RawInfo.ToArray());
    }

    [Fact]
    public void Reads_the_v2_half_of_a_hybrid()
    {
        var info = TorrentInfo.Parse(Latin1("d" + OneFile + "6:lengthi5e" + Tail + "6:pieces20:" + new string('h', 20) + "e"));
        Assert.Equal(5, info.TotalLength);
    }

    [Theory]
    [InlineData("d6:lengthi5e4:name1:a12:piece lengthi16384e6:pieces20:hhhhhhhhhhhhhhhhhhhhe", MetainfoErrorKind.NotVersion2)]
    [InlineData("d" + OneFile + "12:meta versioni1e4:name1:a12:piece lengthi16384ee", MetainfoErrorKind.NotVersion2)]
    [InlineData("d" + OneFile + "12:meta versioni3e4:name1:a12:piece lengthi16384ee", MetainfoErrorKind.NotVersion2)]
    [InlineData("de", MetainfoErrorKind.NotVersion2)]
    [InlineData("d" + OneFile + "12:meta versioni2e12:piece lengthi16384ee", MetainfoErrorKind.MissingName)]
    [InlineData("d" + OneFile + "12:meta versioni2e4:name0:12:piece lengthi16384ee", MetainfoErrorKind.MissingName)]
    [InlineData("d" + OneFile + "12:meta versioni2e4:name1:ae", MetainfoErrorKind.InvalidPieceLength)]
    [InlineData("d" + OneFile + "12:meta versioni2e4:name1:a12:piece lengthi16383ee", MetainfoErrorKind.InvalidPieceLength)]
    [InlineData("d" + OneFile + "12:meta versioni2e4:name1:a12:piece lengthi8192ee", MetainfoErrorKind.InvalidPieceLength)]
    [InlineData("d" + OneFile + "12:meta versioni2e4:name1:a12:piece lengthi49152ee", MetainfoErrorKind.InvalidPieceLength)]
    [InlineData("d" + OneFile + "12:meta versioni2e4:name1:a12:piece lengthi0ee", MetainfoErrorKind.InvalidPieceLength)]
    [InlineData("d" + OneFile + "12:meta versioni2e4:name1:a12:piece lengthi-16384ee", MetainfoErrorKind.InvalidPieceLength)]
    [InlineData("d" + OneFile + "12:meta versioni2e4:name1:a12:piece lengthi1073741824ee", MetainfoErrorKind.PieceLengthTooLarge)]
    [InlineData("d" + OneFile + "12:meta versioni2e4:name1:a12:piece lengthi4611686018427387904ee", MetainfoErrorKind.PieceLengthTooLarge)]
    [InlineData("d" + Tail + "e", MetainfoErrorKind.MissingFileTree)]
    [InlineData("d9:file treele" + Tail + "e", MetainfoErrorKind.InvalidFileTree)]
    [InlineData("d9:file treed1:ai1ee" + Tail + "e", MetainfoErrorKind.InvalidFileTree)]
    [InlineData("d9:file treed1:ad0:i1eee" + Tail + "e", MetainfoErrorKind.InvalidFileTree)]
    [InlineData("d9:file treed0:d6:lengthi0eee" + Tail + "e", MetainfoErrorKind.RootIsFile)]
    [InlineData("d9:file treed1:ad0:d6:lengthi0ee1:bd0:d6:lengthi0eeeee" + Tail + "e", MetainfoErrorKind.FileAndDirectoryMixed)]
    [InlineData("d9:file treed1:ad0:deee" + Tail + "e", MetainfoErrorKind.MissingFileLength)]
    [InlineData("d9:file treed1:ad0:d6:lengthi-1eeee" + Tail + "e", MetainfoErrorKind.NegativeFileLength)]
    [InlineData("d9:file treed1:ad0:d6:lengthi1eeee" + Tail + "e", MetainfoErrorKind.MissingPiecesRoot)]
    [InlineData("d9:file treed1:ad0:d6:lengthi1e11:pieces root31:RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRReee" + Tail + "e", MetainfoErrorKind.InvalidPiecesRoot)]
    [InlineData("d9:file treed1:ad0:d6:lengthi1e11:pieces root32:\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0eee" + Tail + "e", MetainfoErrorKind.ZeroPiecesRoot)]
    [InlineData("d9:file treed1:ad0:d4:attr1:p6:lengthi0eeee" + Tail + "e", MetainfoErrorKind.PadFile)]
    [InlineData("d9:file treed1:ad0:d4:attr2:xl6:lengthi0eeee" + Tail + "e", MetainfoErrorKind.SymbolicLink)]
    [InlineData("d9:file treed1:ad0:d6:lengthi9223372036854775807e11:pieces root32:" + Root + "eee" + Tail + "e", MetainfoErrorKind.TooManyPieces)]
    [InlineData("d9:file treed1:ad0:d6:lengthi34359738369e11:pieces root32:" + Root + "eee" + Tail + "e", MetainfoErrorKind.TooManyPieces)]
    [InlineData("d" + OneFile + "12:meta versioni2e4:namei1e12:piece lengthi16384ee", MetainfoErrorKind.Malformed)]
    [InlineData("d9:file treed1:ad0:d6:length1:xeee" + Tail + "e", MetainfoErrorKind.Malformed)]
    [InlineData("d" + OneFile + Tail + "ex", MetainfoErrorKind.Malformed)]
    [InlineData("d" + OneFile + Tail, MetainfoErrorKind.Malformed)]
    [InlineData("le", MetainfoErrorKind.Malformed)]
    [InlineData("", MetainfoErrorKind.Malformed)]
    public void Refuses_each_fault_by_its_own_kind(string text, MetainfoErrorKind kind) =>
        Assert.Equal(kind, Assert.Throws<MetainfoException>(() => TorrentInfo.Parse(Latin1(text))).Kind);

    [Fact]
    public void Says_which_rule_of_bencoding_was_broken_and_where()
    {
        var fault = Assert.Throws<MetainfoException>(() => TorrentInfo.Parse(Latin1("d" + OneFile + "12:meta versioni02ee")));
        var inner = Assert.IsType<BencodeException>(fault.InnerException);
        Assert.Equal((BencodeErrorKind.InvalidInteger, 1 + OneFile.Length + 15), (inner.Kind, inner.Offset));
    }

    [Fact]
    public void Refuses_too_many_bytes_levels_and_values_each_by_its_own_kind()
    {
        var raw = Latin1("d" + OneFile + Tail + "e");
        AssertRefused(MetainfoErrorKind.TooLarge, raw, new MetainfoLimits { MaxInfoBytes = raw.Length - 1 });
        AssertRefused(MetainfoErrorKind.TooManyTokens, raw, new MetainfoLimits { Bencode = new BencodeLimits { MaxTokens = 10 } });
        AssertRefused(MetainfoErrorKind.TooManyPieces, raw, new MetainfoLimits { MaxPieces = 0 });
        AssertRefused(MetainfoErrorKind.TooDeep, Deep(98), null);
        Assert.Equal(97, TorrentInfo.Parse(Deep(97)).Files[0].PathComponents.Count);

        static byte[] Deep(int levels) => Latin1(
            "d9:file treed" + string.Concat(Enumerable.Repeat("1:ad", levels)) + "0:d6:lengthi0ee" + new string('e', levels + 1) + Tail + "e");

        static void AssertRefused(MetainfoErrorKind kind, byte[] bytes, MetainfoLimits? limits) =>
            Assert.Equal(kind, Assert.Throws<MetainfoException>(() => TorrentInfo.Parse(bytes, limits)).Kind);
    }

    [Fact]
    public void Accepts_2097152_pieces_and_not_one_more()
    {
        var builder = new TorrentInfoBuilder("x", 16384);
        builder.AddFile(["a"], 2_097_151L * 16384, Hash256.Of("a"u8));
        builder.AddFile(["b"], 16384, Hash256.Of("b"u8));
        var info = builder.Build();
        Assert.Equal(2_097_152, info.PieceCount);
        Assert.Equal("b", info.Locate(2_097_151).File.Name);
        builder.AddFile(["c"], 1, Hash256.Of("c"u8));
        Assert.Equal(MetainfoErrorKind.TooManyPieces, Assert.Throws<MetainfoException>(() => builder.Build()).Kind);
    }

    [Fact]
    public void Keeps_the_raw_bytes_of_names_that_are_not_utf8()
    {
        // Two different invalid names, one overlong; both look alike when decoded.
        var info = TorrentInfo.Parse(Latin1(
            "d9:file treed2:\xC0\xAE" + "d0:d6:lengthi0eee2:\xFF\xFE" + "d0:d6:lengthi0eeee" + "12:meta versioni2e4:name2:\xFF\xFE" + "12:piece lengthi16384ee"));
        Assert.Equal(["\uFFFD\uFFFD"], info.Files[0].PathComponents);
        Assert.Equal(["\uFFFD\uFFFD"], info.Files[1].PathComponents);
        Assert.Equal([0xC0, 0xAE], info.Files[0].RawPathComponents[0].ToArray());
        Assert.Equal([0xFF, 0xFE], info.Files[1].RawPathComponents[0].ToArray());
        Assert.Equal("\uFFFD\uFFFD", info.Name);
    }

    [Theory]
    [InlineData("d9:file treede" + Tail + "e", 0)]
    [InlineData("d9:file treed1:adee" + Tail + "e", 0)]
    [InlineData("d9:file treed1:ad0:d6:lengthi0eee1:bdee" + Tail + "e", 1)]
    [InlineData("d9:file treed1:ad1:ad0:d6:lengthi0eeeee" + Tail + "e", 1)]
    [InlineData("d9:file treed1:bd0:d6:lengthi0eeee" + Tail + "e", 1)]
    public void A_tree_that_is_not_one_file_of_the_torrents_name_is_a_folder(string text, int files)
    {
        var info = TorrentInfo.Parse(Latin1(text));
        Assert.Equal(files, info.Files.Count);
        Assert.False(info.IsSingleFile);
        Assert.Equal(0, info.PieceCount);
        Assert.Throws<ArgumentOutOfRangeException>(() => info.Locate(0));
    }

    [Fact]
    public void Finds_every_piece_among_empty_short_and_long_files()
    {
        var builder = new TorrentInfoBuilder("x", 16384);
        long[] lengths = [0, 1, 0, 0, 16384, 16385, 0, 5 * 16384 - 1, 7, 0];
        for (var i = 0; i < lengths.Length; i++) builder.AddFile([$"{i}"], lengths[i], Hash256.Of([(byte)i]));
        var info = builder.Build();
        Assert.Equal(1 + 1 + 2 + 5 + 1, info.PieceCount);
        Assert.Equal(lengths.Sum(), info.TotalLength);
        var piece = 0;
        foreach (var file in info.Files)
        {
            Assert.Equal(piece, file.FirstPiece);
            for (var i = 0; i < file.PieceCount; i++, piece++)
            {
                var length = (int)Math.Min(16384, file.Length - i * 16384);
                Assert.Equal(new PieceLocation(file, i, i * 16384, length), info.Locate(piece));
                Assert.Equal(length, info.PieceSize(piece));
            }
        }

        Assert.Equal(piece, info.PieceCount);
        Assert.Throws<ArgumentOutOfRangeException>(() => info.Locate(piece));
        Assert.Throws<ArgumentOutOfRangeException>(() => info.Locate(-1));
        Assert.Equal(0, Allocation.Least(() =>
        {
            for (var i = 0; i < piece; i++) info.Locate(i);
        }));
    }

    [Fact]
    public void A_small_tree_of_deep_paths_stays_small_in_memory()
    {
        // 90 levels, then 100,000 files: paths of their own would take 90 references each.
        var text = new StringBuilder("d9:file treed").Append(string.Concat(Enumerable.Repeat("1:ad", 90)));
        for (var i = 100_000; i < 200_000; i++) text.Append("6:").Append(i).Append("d0:d6:lengthi0eee");
        text.Append('e', 91).Append(Tail).Append('e');
        var raw = Latin1(text.ToString());
        var before = GC.GetAllocatedBytesForCurrentThread();
        var info = TorrentInfo.Parse(raw);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 60_000_000);
        Assert.Equal(100_000, info.Files.Count);
        Assert.Equal(91, info.Files[99_999].PathComponents.Count);
    }

    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);
}
