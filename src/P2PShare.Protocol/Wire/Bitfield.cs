using System.Numerics;
using System.Runtime.InteropServices;

namespace P2PShare.Protocol.Wire;

/// <summary>Which pieces someone has: a fixed number of bits, kept as they go over the wire (BEP 3: the first byte's highest bit is piece 0). Not safe for several threads at once.</summary>
public sealed class Bitfield
{
    private readonly byte[] _bytes;

    /// <summary>All bits clear.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative length.</exception>
    public Bitfield(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        _bytes = new byte[ByteLengthOf(length)];
    }

    private Bitfield(Bitfield other)
    {
        Length = other.Length;
        Count = other.Count;
        _bytes = (byte[])other._bytes.Clone();
    }

    /// <summary>How many bits there are.</summary>
    public int Length { get; }

    /// <summary>How many bits are set.</summary>
    public int Count { get; private set; }

    public bool IsFull => Count == Length;

    public bool IsEmpty => Count == 0;

    /// <summary>The bytes it takes on the wire.</summary>
    public int ByteLength => _bytes.Length;

    /// <exception cref="ArgumentOutOfRangeException">No such bit.</exception>
    public bool this[int index]
    {
        get => Get(index);
        set => Set(index, value);
    }

    /// <summary>The bytes that many bits take on the wire.</summary>
    public static int ByteLengthOf(int length) => (int)(((long)length + 7) / 8);

    /// <summary>Reads the payload of a bitfield message.</summary>
    /// <exception cref="WireException">Not exactly as many bytes as the bits need, or a bit set past the last.</exception>
    public static Bitfield FromBytes(ReadOnlySpan<byte> bytes, int length)
    {
        MessageLengths.Require(bytes.Length == ByteLengthOf(length), "bitfield", bytes.Length);
        var spare = 8 * bytes.Length - length;
        if (spare > 0 && (bytes[^1] & ((1 << spare) - 1)) != 0)
            throw new WireException(WireErrorKind.SpareBitsSet, "A bitfield has bits set past the last piece.");
        var bitfield = new Bitfield(length);
        bytes.CopyTo(bitfield._bytes);
        bitfield.Count = CountBits(bytes);
        return bitfield;
    }

    /// <exception cref="ArgumentOutOfRangeException">No such bit.</exception>
    public bool Get(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Length, nameof(index));
        return (_bytes[index >> 3] & (0x80 >> (index & 7))) != 0;
    }

    /// <summary>Sets or clears a bit and says whether that changed it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such bit.</exception>
    public bool Set(int index, bool value = true)
    {
        if (Get(index) == value) return false;
        _bytes[index >> 3] ^= (byte)(0x80 >> (index & 7));
        Count += value ? 1 : -1;
        return true;
    }

    /// <summary>Sets every bit.</summary>
    public void SetAll()
    {
        if (Length == 0) return;
        _bytes.AsSpan().Fill(0xFF);
        _bytes[^1] <<= 8 * _bytes.Length - Length;
        Count = Length;
    }

    /// <summary>Clears every bit.</summary>
    public void Clear()
    {
        _bytes.AsSpan().Clear();
        Count = 0;
    }

    /// <summary>Whether a bit is set here that is clear in <paramref name="other"/>: whether its owner has reason to be interested.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public bool HasAnyMissingFrom(Bitfield other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Length != Length) throw new ArgumentException("The lengths differ.", nameof(other));
        if (IsEmpty || other.IsFull) return false;
        for (var i = 0; i < _bytes.Length; i++)
        {
            if ((_bytes[i] & ~other._bytes[i]) != 0) return true;
        }

        return false;
    }

    /// <summary>The first bit at or after <paramref name="start"/> that has that value; -1 if there is none.</summary>
    public int IndexOf(bool value, int start = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        for (var i = start; i < Length; i++)
        {
            // A byte without the wanted value is passed over whole.
            if ((i & 7) == 0 && _bytes[i >> 3] == (value ? 0 : 0xFF)) i += 7;
            else if (Get(i) == value) return i;
        }

        return -1;
    }

    /// <summary>Writes the payload of a bitfield message and returns its length.</summary>
    public int CopyTo(Span<byte> destination)
    {
        _bytes.CopyTo(destination);
        return _bytes.Length;
    }

    public byte[] ToArray() => (byte[])_bytes.Clone();

    public Bitfield Clone() => new(this);

    private static int CountBits(ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        var count = 0;
        foreach (var word in words) count += BitOperations.PopCount(word);
        foreach (var one in bytes[(words.Length * sizeof(ulong))..]) count += BitOperations.PopCount(one);
        return count;
    }
}
