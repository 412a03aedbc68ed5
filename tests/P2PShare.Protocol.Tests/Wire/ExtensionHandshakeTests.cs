using System.Net;
using System.Text;
using FsCheck.Xunit;
using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Wire;

namespace P2PShare.Protocol.Tests.Wire;

public sealed class ExtensionHandshakeTests
{
    private static readonly ExtensionHandshake Full = new()
    {
        Extensions = new Dictionary<string, byte> { [ExtensionNames.Metadata] = 2, [ExtensionNames.Attributes] = 3 },
        ListenPort = 5000,
        Client = "P2PShare 0.1 µ",
        YourAddress = IPAddress.Parse("10.0.0.7"),
        RequestQueue = 2000,
        MetadataSize = 31235,
        AttributesSize = 99,
        UploadOnly = true,
    };

    [Fact]
    public void Writes_the_keys_of_BEP_10_in_order() =>
        Assert.Equal(
            "d1:md14:p2p_attributesi3e11:ut_metadatai2ee13:metadata_sizei31235e1:pi5000e19:p2p_attributes_sizei99e4:reqqi2000e"
            + "11:upload_onlyi1e1:v15:P2PShare 0.1 µ6:yourip4:\n\0\0\u0007e",
            Encoding.UTF8.GetString(Encode(Full)));

    [Property]
    public void Reads_what_it_wrote(ushort port, int queue, byte id, bool? uploadOnly, bool six)
    {
        var handshake = Full with
        {
            Extensions = new Dictionary<string, byte> { [ExtensionNames.Metadata] = id },
            ListenPort = port == 0 ? null : port,
            RequestQueue = queue > 0 ? queue : null,
            UploadOnly = uploadOnly,
            YourAddress = six ? IPAddress.IPv6Loopback : null,
        };
        var read = ExtensionHandshake.Parse(Encode(handshake));
        Assert.Equal(handshake.Extensions, read.Extensions);
        Assert.Equal(handshake with { Extensions = read.Extensions }, read);
    }

    [Fact]
    public void Reads_an_empty_dictionary()
    {
        var read = ExtensionHandshake.Parse("de"u8);
        Assert.Empty(read.Extensions);
        Assert.Equal(new ExtensionHandshake { Extensions = read.Extensions }, read);
    }

    [Theory]
    [InlineData("d1:mi1ee")]
    [InlineData("d1:ml1:aee")]
    [InlineData("d1:md1:ai256eee")]
    [InlineData("d1:md1:ai-1eee")]
    [InlineData("d1:md1:a1:1ee")]
    [InlineData("d1:md0:i1eee")]
    [InlineData("d13:metadata_sizei0ee")]
    [InlineData("d13:metadata_sizei-1ee")]
    [InlineData("d13:metadata_sizei2147483648ee")]
    [InlineData("d13:metadata_sizei31457281ee")]
    [InlineData("d13:metadata_size5:31235e")]
    [InlineData("d1:pi0ee")]
    [InlineData("d1:pi65536ee")]
    [InlineData("d19:p2p_attributes_sizei-5ee")]
    [InlineData("d4:reqqi0ee")]
    [InlineData("d11:upload_onlyi-1ee")]
    [InlineData("d1:vi5ee")]
    [InlineData("d1:v0:e")]
    [InlineData("d6:yourip3:abce")]
    [InlineData("d7:unknownld1:ai1eeee")]
    public void Leaves_out_what_is_unknown_of_the_wrong_type_or_out_of_range(string text)
    {
        var read = ExtensionHandshake.Parse(Encoding.Latin1.GetBytes(text));
        Assert.Empty(read.Extensions);
        Assert.Equal(new ExtensionHandshake { Extensions = read.Extensions }, read);
    }

    [Fact]
    public void Leaves_out_text_that_is_not_UTF_8() =>
        Assert.Null(ExtensionHandshake.Parse(Encoding.Latin1.GetBytes("d1:v2:\u00ff\u00fee")).Client);

    [Fact]
    public void Takes_only_so_many_names()
    {
        var text = new StringBuilder("d1:md");
        for (var i = 100_000; i < 160_000; i++) text.Append("6:").Append(i).Append("i7e");
        text.Append("e1:pi5000ee");
        var read = ExtensionHandshake.Parse(Encoding.ASCII.GetBytes(text.ToString()));
        Assert.Equal(ExtensionHandshake.MaxExtensions, read.Extensions.Count);
        Assert.Equal(5000, read.ListenPort);
    }

    [Theory]
    [InlineData("")]
    [InlineData("i1e")]
    [InlineData("d1:pi5000e")]
    [InlineData("d1:pi5000eex")]
    [InlineData("d1:pi05000ee")]
    [InlineData("d1:pi1e1:mdee")]
    public void Refuses_what_is_no_dictionary(string text) =>
        Assert.Equal(
            WireErrorKind.InvalidExtension,
            Assert.Throws<WireException>(() => ExtensionHandshake.Parse(Encoding.ASCII.GetBytes(text))).Kind);

    [Fact]
    public void Refuses_a_mebibyte_of_nesting()
    {
        var bytes = new byte[1 << 20];
        bytes.AsSpan().Fill((byte)'l');
        "d1:x"u8.CopyTo(bytes);
        Assert.Throws<WireException>(() => ExtensionHandshake.Parse(bytes));
    }

    [Fact]
    public void Survives_hostile_bytes()
    {
        var inputs = Mutator.Mutations(Encode(Full), seed: 10, count: 4000).Concat(Mutator.Noise(seed: 11, count: 500));
        Assert.True(Mutator.CountRefused(inputs, bytes => ExtensionHandshake.Parse(bytes)) > 500);
    }

    private static byte[] Encode(ExtensionHandshake handshake)
    {
        var writer = new BencodeWriter();
        handshake.Write(writer);
        return writer.ToArray();
    }
}
