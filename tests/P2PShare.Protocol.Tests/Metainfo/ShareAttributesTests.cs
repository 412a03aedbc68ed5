using System.Text;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Tests.Metainfo;

public sealed class ShareAttributesTests
{
    private const string Head = "d18:attributes versioni1e";

    [Fact]
    public void Writes_one_form_and_reads_it_back()
    {
        var attributes = ShareAttributes.Build(
            [new EntryAttributes(1_700_000_000_123_456_789, 0xFFF), new EntryAttributes(-1, null), new EntryAttributes(long.MinValue, 0)],
            [
                new DirectoryAttributes(["b", "é"], new EntryAttributes(2, 493)),
                new DirectoryAttributes([], new EntryAttributes(0, null)),
                new DirectoryAttributes(["b"], new EntryAttributes(long.MaxValue, 0x1ED)),
            ]);
        Assert.Equal(
            Head + "11:directoriesld5:mtimei0e4:pathleed4:modei493e5:mtimei9223372036854775807e4:pathl1:beed4:modei493e5:mtimei2e4:pathl1:b2:éeee"
            + "5:filesld4:modei4095e5:mtimei1700000000123456789eed5:mtimei-1eed4:modei0e5:mtimei-9223372036854775808eeee",
            Encoding.UTF8.GetString(attributes.Bytes.Span));
        Assert.Equal(Hash256.Of(attributes.Bytes.Span), attributes.Hash);

        var copy = ShareAttributes.Parse(attributes.Bytes, 3);
        Assert.Equal(attributes.Hash, copy.Hash);
        Assert.Equal(attributes.Files, copy.Files);
        Assert.Equal([[], ["b"], ["b", "é"]], copy.Directories.Select(directory => directory.PathComponents));
        Assert.Equal(new EntryAttributes(2, 493), copy.Directories[2].Attributes);
    }

    [Fact]
    public void A_share_without_files_has_attributes_too()
    {
        var copy = ShareAttributes.Parse(ShareAttributes.Build([], []).Bytes, 0);
        Assert.Empty(copy.Files);
        Assert.Empty(copy.Directories);
    }

    [Theory]
    [InlineData("de", MetainfoErrorKind.UnknownAttributesVersion)]
    [InlineData("d18:attributes versioni2e5:filesi7ee", MetainfoErrorKind.UnknownAttributesVersion)]
    [InlineData(Head + "e", MetainfoErrorKind.AttributesCountMismatch)]
    [InlineData(Head + "5:fileslee", MetainfoErrorKind.AttributesCountMismatch)]
    [InlineData(Head + "5:filesld5:mtimei1eed5:mtimei1eeee", MetainfoErrorKind.AttributesCountMismatch)]
    [InlineData(Head + "5:filesldeee", MetainfoErrorKind.InvalidAttributes)]
    [InlineData(Head + "5:filesld4:modei4096e5:mtimei1eeee", MetainfoErrorKind.InvalidAttributes)]
    [InlineData(Head + "5:filesld4:modei-1e5:mtimei1eeee", MetainfoErrorKind.InvalidAttributes)]
    [InlineData(Head + "11:directoriesld5:mtimei1eee5:filesld5:mtimei1eeee", MetainfoErrorKind.InvalidAttributesPath)]
    [InlineData(Head + "11:directoriesld5:mtimei1e4:pathl0:eee5:filesld5:mtimei1eeee", MetainfoErrorKind.InvalidAttributesPath)]
    [InlineData(Head + "11:directoriesld5:mtimei1e4:pathl1:beed5:mtimei1e4:pathl1:aeee5:filesld5:mtimei1eeee", MetainfoErrorKind.InvalidAttributesPath)]
    [InlineData(Head + "11:directoriesld5:mtimei1e4:pathl1:aeed5:mtimei1e4:pathl1:aeee5:filesld5:mtimei1eeee", MetainfoErrorKind.InvalidAttributesPath)]
    [InlineData(Head + "11:directoriesld5:mtimei1e4:pathl1:\xFF" + "eee5:filesld5:mtimei1eeee", MetainfoErrorKind.Malformed)]
    [InlineData(Head + "5:filesld5:mtime1:xeee", MetainfoErrorKind.Malformed)]
    [InlineData(Head + "5:filesld5:mtimei1eee", MetainfoErrorKind.Malformed)]
    [InlineData(Head + "5:filesld5:mtimei1eeeex", MetainfoErrorKind.Malformed)]
    public void Refuses_each_fault_by_its_own_kind(string text, MetainfoErrorKind kind)
    {
        ShareAttributes.Parse(Encoding.Latin1.GetBytes(Head + "5:filesld5:mtimei1eeee"), 1);
        Assert.Equal(kind, Assert.Throws<MetainfoException>(() => ShareAttributes.Parse(Encoding.Latin1.GetBytes(text), 1)).Kind);
    }

    [Fact]
    public void Skips_keys_of_later_versions()
    {
        var copy = ShareAttributes.Parse(Encoding.Latin1.GetBytes(Head + "5:extral1:xe5:filesld3:acl1:y5:mtimei1eeee"), 1);
        Assert.Equal(new EntryAttributes(1, null), Assert.Single(copy.Files));
    }

    [Fact]
    public void Refuses_too_many_bytes_and_too_deep_paths()
    {
        var blob = ShareAttributes.Build([], [new DirectoryAttributes([.. Enumerable.Repeat("d", 96)], default)]).Bytes;
        var limits = new MetainfoLimits { MaxInfoBytes = blob.Length - 1 };
        Assert.Equal(MetainfoErrorKind.TooLarge, Assert.Throws<MetainfoException>(() => ShareAttributes.Parse(blob, 0, limits)).Kind);
        Assert.Throws<ArgumentException>(() => ShareAttributes.Build([], [new DirectoryAttributes([.. Enumerable.Repeat("d", 97)], default)]));
        Assert.Throws<ArgumentException>(() => ShareAttributes.Build([], [new DirectoryAttributes([new string('x', 4097)], default)]));
        Assert.Throws<ArgumentException>(() => ShareAttributes.Build([], [new DirectoryAttributes([""], default)]));
        Assert.Throws<ArgumentException>(() => ShareAttributes.Build([new EntryAttributes(0, 0x1000)], []));
    }

    [Fact]
    public void Times_convert_to_ticks_and_back()
    {
        var time = new DateTime(2026, 3, 4, 5, 6, 7, DateTimeKind.Utc).AddTicks(1234567);
        Assert.Equal(time, EntryAttributes.Create(time, null).ModifiedUtc);
        Assert.Equal(0xFFF, EntryAttributes.Create(time, 0x8FFF).UnixMode);
        Assert.Equal(DateTime.UnixEpoch.AddTicks(-1), new EntryAttributes(-1, null).ModifiedUtc);
        Assert.Equal(DateTime.UnixEpoch.AddTicks(-1), new EntryAttributes(-100, null).ModifiedUtc);
        Assert.Equal(1677, EntryAttributes.Create(new DateTime(1601, 1, 1, 0, 0, 0, DateTimeKind.Utc), null).ModifiedUtc.Year);
        Assert.Equal(2262, EntryAttributes.Create(DateTime.MaxValue, null).ModifiedUtc.Year);
    }
}
