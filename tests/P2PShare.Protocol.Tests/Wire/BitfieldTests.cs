using FsCheck.Xunit;
using P2PShare.Protocol.Wire;

namespace P2PShare.Protocol.Tests.Wire;

public sealed class BitfieldTests
{
    [Property]
    public void Behaves_as_an_array_of_booleans(bool[] bits)
    {
        var bitfield = new Bitfield(bits.Length);
        for (var i = 0; i < bits.Length; i++) bitfield[i] = bits[i];

        Assert.Equal(bits, Enumerable.Range(0, bits.Length).Select(i => bitfield[i]));
        Assert.Equal(bits.Count(bit => bit), bitfield.Count);
        Assert.Equal(bits.All(bit => bit), bitfield.IsFull);
        Assert.Equal(!bits.Any(bit => bit), bitfield.IsEmpty);
        Assert.Equal(Array.IndexOf(bits, true), bitfield.IndexOf(true));
        Assert.Equal(Array.IndexOf(bits, false), bitfield.IndexOf(false));

        var again = Bitfield.FromBytes(bitfield.ToArray(), bits.Length);
        Assert.Equal(bitfield.Count, again.Count);
        Assert.Equal(bits, Enumerable.Range(0, bits.Length).Select(again.Get));
    }

    [Fact]
    public void Sets_and_clears_and_counts()
    {
        var bitfield = new Bitfield(130);
        Assert.True(bitfield.Set(129));
        Assert.False(bitfield.Set(129));
        Assert.True(bitfield.Set(129, false));
        Assert.Equal(0, bitfield.Count);

        bitfield.SetAll();
        Assert.True(bitfield.IsFull);
        Assert.Equal(130, Bitfield.FromBytes(bitfield.ToArray(), 130).Count);
        Assert.Equal(-1, bitfield.IndexOf(false));
        bitfield.Set(77, false);
        Assert.Equal(77, bitfield.IndexOf(false));
        Assert.Equal(78, bitfield.IndexOf(true, 77));

        var copy = bitfield.Clone();
        bitfield.Clear();
        Assert.Equal(0, bitfield.Count);
        Assert.Equal(129, copy.Count);
    }

    [Fact]
    public void The_highest_bit_of_the_first_byte_is_piece_0()
    {
        var bitfield = new Bitfield(10);
        bitfield.Set(0);
        bitfield.Set(9);
        Assert.Equal("8040", Convert.ToHexString(bitfield.ToArray()));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("FF", 0)]
    [InlineData("FF", 9)]
    [InlineData("FFFF", 8)]
    public void Refuses_bytes_of_another_length(string hex, int length) =>
        Assert.Equal(WireErrorKind.WrongLength, Assert.Throws<WireException>(() => Bitfield.FromBytes(Convert.FromHexString(hex), length)).Kind);

    [Theory]
    [InlineData("01", 7)]
    [InlineData("FFC1", 10)]
    [InlineData("40", 1)]
    public void Refuses_spare_bits(string hex, int length) =>
        Assert.Equal(WireErrorKind.SpareBitsSet, Assert.Throws<WireException>(() => Bitfield.FromBytes(Convert.FromHexString(hex), length)).Kind);

    [Fact]
    public void Has_no_bits_outside_its_length()
    {
        var bitfield = new Bitfield(10);
        Assert.Throws<ArgumentOutOfRangeException>(() => bitfield[10]);
        Assert.Throws<ArgumentOutOfRangeException>(() => bitfield[-1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => bitfield.Set(15));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Bitfield(-1));
    }

    [Fact]
    public void Knows_whether_it_has_what_another_lacks()
    {
        var mine = new Bitfield(20);
        var theirs = new Bitfield(20);
        Assert.False(theirs.HasAnyMissingFrom(mine));
        theirs.Set(19);
        Assert.True(theirs.HasAnyMissingFrom(mine));
        mine.Set(19);
        Assert.False(theirs.HasAnyMissingFrom(mine));
        theirs.SetAll();
        Assert.True(theirs.HasAnyMissingFrom(mine));
        mine.SetAll();
        Assert.False(theirs.HasAnyMissingFrom(mine));
        Assert.Throws<ArgumentException>(() => mine.HasAnyMissingFrom(new Bitfield(19)));
    }

    [Fact]
    public void May_have_no_bits_at_all()
    {
        var bitfield = Bitfield.FromBytes([], 0);
        bitfield.SetAll();
        Assert.True(bitfield.IsFull);
        Assert.Equal(0, bitfield.ByteLength);
    }
}
