using System.Buffers.Text;
using System.Text;

namespace P2PShare.Protocol.Bencoding;

/// <summary>
/// Writes canonical bencoding (BEP 3). Keys must come strictly ascending as raw bytes; this is checked in every build,
/// since bytes we sign or hash must be readable by a strict reader. Breaking the grammar throws
/// <see cref="InvalidOperationException"/>: the caller's mistake.
/// </summary>
public sealed class BencodeWriter
{
    private const int LongestNumber = 20;

    private byte[] _buffer;
    private int _length;
    private Frame[] _frames = new Frame[4];
    private int _depth;

    /// <param name="initialCapacity">Bytes to begin with; the buffer grows as needed.</param>
    public BencodeWriter(int initialCapacity = 256)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(initialCapacity);
        _buffer = new byte[initialCapacity];
    }

    /// <summary>Bytes written so far.</summary>
    public int Length => _length;

    /// <summary>The bytes written, valid until the next write.</summary>
    /// <exception cref="InvalidOperationException">A list or dictionary is open.</exception>
    public ReadOnlySpan<byte> WrittenSpan => WrittenMemory.Span;

    /// <inheritdoc cref="WrittenSpan"/>
    public ReadOnlyMemory<byte> WrittenMemory => _depth == 0
        ? _buffer.AsMemory(0, _length)
        : throw new InvalidOperationException("A list or dictionary is open.");

    /// <summary>A copy of the bytes written.</summary>
    /// <exception cref="InvalidOperationException">A list or dictionary is open.</exception>
    public byte[] ToArray() => WrittenSpan.ToArray();

    /// <summary>Forgets what was written and keeps the buffer.</summary>
    public void Reset() => (_length, _depth) = (0, 0);

    public void WriteInteger(long value)
    {
        BeginValue();
        Reserve(LongestNumber + 2);
        _buffer[_length++] = (byte)'i';
        AppendNumber(value);
        _buffer[_length++] = (byte)'e';
    }

    public void WriteByteString(ReadOnlySpan<byte> value)
    {
        BeginValue();
        AppendString(value);
    }

    /// <summary>Writes the UTF-8 bytes of <paramref name="value"/>.</summary>
    /// <exception cref="EncoderFallbackException">A surrogate stands alone.</exception>
    public void WriteString(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var count = StrictUtf8.Encoding.GetByteCount(value);
        BeginValue();
        Reserve(LongestNumber + 1 + count);
        AppendNumber(count);
        _buffer[_length++] = (byte)':';
        _length += StrictUtf8.Encoding.GetBytes(value, _buffer.AsSpan(_length));
    }

    public void WriteListStart() => Enter((byte)'l', isDictionary: false);

    public void WriteDictionaryStart() => Enter((byte)'d', isDictionary: true);

    /// <summary>Writes a key of the open dictionary, larger than the one before it.</summary>
    public void WriteKey(ReadOnlySpan<byte> key)
    {
        if (_depth == 0 || _frames[_depth - 1] is { IsDictionary: false } or { ValueIsDue: true })
            throw new InvalidOperationException("A key cannot come next.");
        ref var frame = ref _frames[_depth - 1];
        if (frame.KeyStart >= 0 && _buffer.AsSpan(frame.KeyStart, frame.KeyLength).SequenceCompareTo(key) >= 0)
            throw new InvalidOperationException($"The key '{Encoding.UTF8.GetString(key)}' does not come after the one before it.");
        AppendString(key);
        frame.KeyStart = _length - key.Length;
        frame.KeyLength = key.Length;
        frame.ValueIsDue = true;
    }

    /// <summary>Closes the open list or dictionary.</summary>
    public void WriteEnd()
    {
        if (_depth == 0 || _frames[_depth - 1].ValueIsDue) throw new InvalidOperationException("Nothing can end here.");
        Reserve(1);
        _buffer[_length++] = (byte)'e';
        _depth--;
    }

    /// <summary>Writes one value that is already encoded, byte for byte.</summary>
    /// <exception cref="ArgumentException">The bytes are not exactly one strictly encoded value.</exception>
    public void WriteRawValue(ReadOnlySpan<byte> encoded)
    {
        try
        {
            var reader = new BencodeReader(encoded);
            reader.Skip();
            reader.RequireEndOfInput();
        }
        catch (BencodeException fault)
        {
            throw new ArgumentException("The bytes are not one bencoded value.", nameof(encoded), fault);
        }

        BeginValue();
        Append(encoded);
    }

    private void Enter(byte start, bool isDictionary)
    {
        BeginValue();
        if (_depth == _frames.Length) Array.Resize(ref _frames, 2 * _depth);
        _frames[_depth++] = new Frame { IsDictionary = isDictionary, KeyStart = -1 };
        Reserve(1);
        _buffer[_length++] = start;
    }

    private void BeginValue()
    {
        if (_depth == 0) return;
        ref var frame = ref _frames[_depth - 1];
        if (frame is { IsDictionary: true, ValueIsDue: false })
            throw new InvalidOperationException("A key must come before this value.");
        frame.ValueIsDue = false;
    }

    private void AppendString(ReadOnlySpan<byte> value)
    {
        Reserve(LongestNumber + 1 + value.Length);
        AppendNumber(value.Length);
        _buffer[_length++] = (byte)':';
        Append(value);
    }

    private void AppendNumber(long value)
    {
        Utf8Formatter.TryFormat(value, _buffer.AsSpan(_length), out var written);
        _length += written;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Reserve(int count)
    {
        var needed = checked(_length + count);
        if (needed > _buffer.Length)
            Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(needed, 2L * _buffer.Length)));
    }

    private struct Frame
    {
        public bool IsDictionary;
        public bool ValueIsDue;
        public int KeyStart;
        public int KeyLength;
    }
}
