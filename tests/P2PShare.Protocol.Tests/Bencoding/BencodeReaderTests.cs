using System.Text;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Tests.Bencoding;

public sealed class BencodeReaderTests
{
    [Theory]
    [InlineData("i0e", 0)]
    [InlineData("i7e", 7)]
    [InlineData("i-7e", -7)]
    [InlineData("i10e", 10)]
    [InlineData("i9223372036854775807e", long.MaxValue)]
    [InlineData("i-9223372036854775808e", long.MinValue)]
    public void Reads_integers_of_64_bits(string text, long expected)
    {
        var reader = new BencodeReader(Encoding.Latin1.GetBytes(text));
        Assert.Equal(expected, reader.ReadInteger());
        reader.RequireEndOfInput();
    }

    [Theory]
    [InlineData("i-0e", BencodeErrorKind.InvalidInteger, 0)]
    [InlineData("i01e", BencodeErrorKind.InvalidInteger, 0)]
    [InlineData("i-01e", BencodeErrorKind.InvalidInteger, 0)]
    [InlineData("i00e", BencodeErrorKind.InvalidInteger, 0)]
    [InlineData("ie", BencodeErrorKind.InvalidInteger, 0)]
    [InlineData("i-e", BencodeErrorKind.InvalidInteger, 0)]
    [InlineData("i+1e", BencodeErrorKind.InvalidInteger, 0)]
    [InlineData("i 1e", BencodeErrorKind.InvalidInteger, 0)]
    [InlineData("i1.5e", BencodeErrorKind.InvalidInteger, 0)]
    [InlineData("li1ei-0ee", BencodeErrorKind.InvalidInteger, 4)]
    [InlineData("i9223372036854775808e", BencodeErrorKind.IntegerOverflow, 0)]
    [InlineData("i-9223372036854775809e", BencodeErrorKind.IntegerOverflow, 0)]
    [InlineData("i18446744073709551617e", BencodeErrorKind.IntegerOverflow, 0)]
    [InlineData("i99999999999999999999999999999999e", BencodeErrorKind.IntegerOverflow, 0)]
    [InlineData("i", BencodeErrorKind.UnexpectedEnd, 1)]
    [InlineData("i12", BencodeErrorKind.UnexpectedEnd, 3)]
    [InlineData("", BencodeErrorKind.UnexpectedEnd, 0)]
    [InlineData("3:ab", BencodeErrorKind.LengthBeyondInput, 0)]
    [InlineData("99999999999:", BencodeErrorKind.LengthBeyondInput, 0)]
    [InlineData("2147483648:a", BencodeErrorKind.LengthBeyondInput, 0)]
    [InlineData("l99999999999999999999999999:e", BencodeErrorKind.LengthBeyondInput, 1)]
    [InlineData("03:abc", BencodeErrorKind.InvalidLength, 0)]
    [InlineData("00:", BencodeErrorKind.InvalidLength, 0)]
    [InlineData("3abc", BencodeErrorKind.InvalidLength, 0)]
    [InlineData("3", BencodeErrorKind.UnexpectedEnd, 1)]
    [InlineData("-1:a", BencodeErrorKind.UnexpectedToken, 0)]
    [InlineData("x", BencodeErrorKind.UnexpectedToken, 0)]
    [InlineData("e", BencodeErrorKind.UnexpectedToken, 0)]
    [InlineData("l", BencodeErrorKind.UnexpectedEnd, 1)]
    [InlineData("li1e", BencodeErrorKind.UnexpectedEnd, 4)]
    [InlineData("d", BencodeErrorKind.UnexpectedEnd, 1)]
    [InlineData("d1:a", BencodeErrorKind.UnexpectedEnd, 4)]
    [InlineData("d1:ae", BencodeErrorKind.MissingValue, 4)]
    [InlineData("di1ei1ee", BencodeErrorKind.KeyNotString, 1)]
    [InlineData("dlei1ee", BencodeErrorKind.KeyNotString, 1)]
    [InlineData("d1:bi1e1:ai1ee", BencodeErrorKind.UnsortedKeys, 7)]
    [InlineData("d2:abi1e1:ai1ee", BencodeErrorKind.UnsortedKeys, 8)]
    [InlineData("d1:ai1e1:ai1ee", BencodeErrorKind.DuplicateKey, 7)]
    [InlineData("d0:i1e0:i1ee", BencodeErrorKind.DuplicateKey, 6)]
    [InlineData("d1:ad1:b0:1:b0:ee", BencodeErrorKind.DuplicateKey, 10)]
    [InlineData("i1ei2e", BencodeErrorKind.TrailingData, 3)]
    [InlineData("dex", BencodeErrorKind.TrailingData, 2)]
    public void Refuses_what_is_not_canonical(string text, BencodeErrorKind kind, int offset)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var fault = Assert.Throws<BencodeException>(() => SkipWhole(bytes));
        Assert.Equal((kind, offset), (fault.Kind, fault.Offset));
    }

    [Fact]
    public void Sorts_keys_as_unsigned_bytes()
    {
        SkipWhole([.. "d1:z0:1:"u8, 0xFF, .. "0:e"u8]);
        var fault = Assert.Throws<BencodeException>(() => SkipWhole([.. "d1:"u8, 0xFF, .. "0:1:z0:e"u8]));
        Assert.Equal(BencodeErrorKind.UnsortedKeys, fault.Kind);
    }

    [Fact]
    public void Walks_a_dictionary_by_its_known_keys()
    {
        var reader = new BencodeReader("d1:ai1e1:bl1:xd1:yleee1:c3:abc4:rawxd1:qi2ee1:zi9ee"u8);
        long a = 0, z = 0;
        string c = "", raw = "";
        reader.ReadDictionaryStart();
        while (reader.TryReadKey(out var key))
        {
            if (key.SequenceEqual("a"u8)) a = reader.ReadInteger();
            else if (key.SequenceEqual("c"u8)) c = reader.ReadString(3);
            else if (key.SequenceEqual("rawx"u8)) raw = Encoding.ASCII.GetString(reader.ReadRawValue());
            else if (key.SequenceEqual("z"u8)) z = reader.ReadInteger(0, 9);
            else reader.Skip();
        }

        reader.RequireEndOfInput();
        Assert.Equal((1, "abc", "d1:qi2ee", 9), (a, c, raw, z));
    }

    [Fact]
    public void Tells_what_comes_next()
    {
        var reader = new BencodeReader("li1e1:adee"u8);
        Assert.Equal(BencodeTokenType.List, reader.PeekType());
        reader.ReadListStart();
        Assert.Equal(BencodeTokenType.Integer, reader.PeekType());
        reader.ReadInteger();
        Assert.Equal(BencodeTokenType.ByteString, reader.PeekType());
        Assert.Equal("a"u8, reader.ReadByteString());
        Assert.Equal(BencodeTokenType.Dictionary, reader.PeekType());
        Assert.False(reader.TryReadEnd());
        reader.Skip();
        Assert.Equal(BencodeTokenType.End, reader.PeekType());
        Assert.True(reader.TryReadEnd());
        Assert.Equal(BencodeTokenType.EndOfInput, reader.PeekType());
    }

    [Fact]
    public void Leaves_what_follows_a_value_to_its_caller()
    {
        var reader = new BencodeReader("d8:msg_typei1eeDATA"u8);
        reader.Skip();
        Assert.Equal(15, reader.Position);
    }

    [Theory]
    [InlineData("4:abcd")]
    [InlineData("i1e")]
    [InlineData("de")]
    [InlineData("le")]
    public void Refuses_another_kind_of_value(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        if (text[0] != 'i') AssertUnexpected(() => new BencodeReader(bytes).ReadInteger());
        if (text[0] != '4') AssertUnexpected(() => new BencodeReader(bytes).ReadByteString());
        if (text[0] != 'd') AssertUnexpected(() => new BencodeReader(bytes).ReadDictionaryStart());
        if (text[0] != 'l') AssertUnexpected(() => new BencodeReader(bytes).ReadListStart());

        static void AssertUnexpected(Action read) =>
            Assert.Equal(BencodeErrorKind.UnexpectedToken, Assert.Throws<BencodeException>(read).Kind);
    }

    [Fact]
    public void Refuses_what_is_outside_the_range_asked_for()
    {
        AssertKind(BencodeErrorKind.OutOfRange, () => new BencodeReader("i10e"u8).ReadInteger(0, 9));
        AssertKind(BencodeErrorKind.OutOfRange, () => new BencodeReader("i-1e"u8).ReadInteger(0, 9));
        AssertKind(BencodeErrorKind.OutOfRange, () => new BencodeReader("3:abc"u8).ReadByteString(0, 2));
        AssertKind(BencodeErrorKind.OutOfRange, () => new BencodeReader("3:abc"u8).ReadByteString(4, 4));
        AssertKind(BencodeErrorKind.OutOfRange, () => new BencodeReader("3:abc"u8).ReadString(2));
        AssertKind(BencodeErrorKind.InvalidUtf8, () => new BencodeReader([(byte)'2', (byte)':', 0xC0, 0x80]).ReadString(2));

        static void AssertKind(BencodeErrorKind kind, Action read) =>
            Assert.Equal(kind, Assert.Throws<BencodeException>(read).Kind);
    }

    [Fact]
    public void Reads_depth_100_and_refuses_101()
    {
        SkipWhole(Nested(100));
        var fault = Assert.Throws<BencodeException>(() => SkipWhole(Nested(101)));
        Assert.Equal((BencodeErrorKind.TooDeep, 100), (fault.Kind, fault.Offset));

        static byte[] Nested(int depth) => Encoding.ASCII.GetBytes(new string('l', depth) + new string('e', depth));
    }

    [Fact]
    public void Refuses_one_token_too_many()
    {
        var limits = new BencodeLimits { MaxTokens = 5 };
        SkipWhole("d1:ai1e1:bi1ee"u8.ToArray(), limits);
        var fault = Assert.Throws<BencodeException>(() => SkipWhole("d1:ai1e1:b1:c1:d0:e"u8.ToArray(), limits));
        Assert.Equal((BencodeErrorKind.TooManyTokens, 13), (fault.Kind, fault.Offset));
    }

    [Fact]
    public void Refuses_two_million_tokens_by_default()
    {
        var bytes = new byte[1 + 2 * 2_000_000];
        for (var i = 1; i < bytes.Length; i += 2) (bytes[i], bytes[i + 1]) = ((byte)'0', (byte)':');
        bytes[0] = (byte)'l';
        Assert.Equal(BencodeErrorKind.TooManyTokens, Assert.Throws<BencodeException>(() => SkipWhole(bytes)).Kind);
    }

    [Fact]
    public void A_huge_declared_length_allocates_nothing()
    {
        var bytes = "l2147483647:e"u8.ToArray();
        Assert.Throws<BencodeException>(() => SkipWhole(bytes));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<BencodeException>(() => SkipWhole(bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
    }

    [Fact]
    public void Calls_the_grammar_cannot_allow_are_the_callers_mistake()
    {
        Assert.Throws<InvalidOperationException>(() => new BencodeReader("e"u8).TryReadEnd());
        Assert.Throws<InvalidOperationException>(() => new BencodeReader("1:a"u8).ReadKey());
        Assert.Throws<InvalidOperationException>(() =>
        {
            var reader = new BencodeReader("d1:ai1ee"u8);
            reader.ReadDictionaryStart();
            reader.ReadInteger();
        });
        Assert.Throws<InvalidOperationException>(() =>
        {
            var reader = new BencodeReader("le"u8);
            reader.ReadListStart();
            reader.RequireEndOfInput();
        });
    }

    private static void SkipWhole(byte[] bytes, BencodeLimits? limits = null)
    {
        var reader = new BencodeReader(bytes, limits);
        reader.Skip();
        reader.RequireEndOfInput();
    }
}
