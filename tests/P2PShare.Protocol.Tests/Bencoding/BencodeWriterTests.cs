using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Tests.Bencoding;

public sealed class BencodeWriterTests
{
    [Fact]
    public void Writes_canonical_bencoding()
    {
        var writer = new BencodeWriter(0);
        writer.WriteDictionaryStart();
        writer.WriteKey("a"u8);
        writer.WriteInteger(long.MinValue);
        writer.WriteKey("b"u8);
        writer.WriteListStart();
        writer.WriteByteString([0xFF, 0]);
        writer.WriteString("é");
        writer.WriteRawValue("d1:xi0ee"u8);
        writer.WriteEnd();
        writer.WriteKey("ba"u8);
        writer.WriteByteString([]);
        writer.WriteEnd();
        Assert.Equal(
            [.. "d1:ai-9223372036854775808e1:bl2:"u8, 0xFF, 0, .. "2:é"u8, .. "d1:xi0eee2:ba0:e"u8],
            writer.ToArray());
    }

    [Theory]
    [InlineData("b", "a")]
    [InlineData("a", "a")]
    [InlineData("ab", "a")]
    public void Refuses_keys_that_do_not_ascend(string first, string second)
    {
        var writer = new BencodeWriter();
        writer.WriteDictionaryStart();
        writer.WriteKey(System.Text.Encoding.UTF8.GetBytes(first));
        writer.WriteInteger(1);
        Assert.Throws<InvalidOperationException>(() => writer.WriteKey(System.Text.Encoding.UTF8.GetBytes(second)));
    }

    [Fact]
    public void Keeps_the_key_order_of_each_level_apart()
    {
        var writer = new BencodeWriter();
        writer.WriteDictionaryStart();
        writer.WriteKey("m"u8);
        writer.WriteDictionaryStart();
        writer.WriteKey("a"u8);
        writer.WriteInteger(1);
        writer.WriteEnd();
        Assert.Throws<InvalidOperationException>(() => writer.WriteKey("b"u8));
        writer.WriteKey("n"u8);
        writer.WriteInteger(1);
        writer.WriteEnd();
        Assert.Equal("d1:md1:ai1ee1:ni1ee"u8, writer.WrittenSpan);
    }

    [Fact]
    public void Refuses_to_break_the_grammar()
    {
        var writer = new BencodeWriter();
        Assert.Throws<InvalidOperationException>(() => writer.WriteEnd());
        Assert.Throws<InvalidOperationException>(() => writer.WriteKey("a"u8));
        writer.WriteDictionaryStart();
        Assert.Throws<InvalidOperationException>(() => writer.WriteInteger(1));
        Assert.Throws<InvalidOperationException>(() => writer.ToArray());
        writer.WriteKey("a"u8);
        Assert.Throws<InvalidOperationException>(() => writer.WriteKey("b"u8));
        Assert.Throws<InvalidOperationException>(() => writer.WriteEnd());
    }

    [Theory]
    [InlineData("")]
    [InlineData("i01e")]
    [InlineData("i1ei2e")]
    [InlineData("d1:ae")]
    public void Refuses_raw_bytes_that_are_not_one_value(string raw) =>
        Assert.Throws<ArgumentException>(() => new BencodeWriter().WriteRawValue(System.Text.Encoding.ASCII.GetBytes(raw)));

    [Fact]
    public void Starts_again_after_a_reset()
    {
        var writer = new BencodeWriter();
        writer.WriteListStart();
        writer.Reset();
        writer.WriteInteger(5);
        Assert.Equal("i5e"u8, writer.WrittenSpan);
    }
}
