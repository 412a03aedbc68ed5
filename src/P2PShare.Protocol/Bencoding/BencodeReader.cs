using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace P2PShare.Protocol.Bencoding;

/// <summary>
/// A strict pull reader of bencoded bytes (BEP 3): canonical integers and lengths, keys strictly ascending as raw bytes,
/// bounded depth and number of tokens. It runs in time proportional to the input, never recurses and allocates only for
/// nesting that is really there. Several values may follow each other at the top level; <see cref="RequireEndOfInput"/>
/// says that none may. Pass it by reference: a copy shares its nesting state and neither is usable afterwards.
/// After a <see cref="BencodeException"/> the reader is of no further use.
/// </summary>
/// <remarks>Methods called where the grammar cannot allow them (a value where a key must come) throw
/// <see cref="InvalidOperationException"/>: the caller's mistake, whatever the input.</remarks>
public ref struct BencodeReader
{
    // Deeper than this nothing of ours is nested.
    private const int InlineDepth = 4;

    private readonly ReadOnlySpan<byte> _input;
    private readonly int _maxDepth;
    private readonly int _maxTokens;
    private InlineFrames _inline;
    private Frame[]? _deeper;
    private int _depth;
    private int _tokens;
    private int _position;

    public BencodeReader(ReadOnlySpan<byte> input, BencodeLimits? limits = null)
    {
        limits ??= BencodeLimits.Default;
        _input = input;
        _maxDepth = limits.MaxDepth;
        _maxTokens = limits.MaxTokens;
    }

    /// <summary>The offset of the next unread byte.</summary>
    public readonly int Position => _position;

    /// <summary>How many lists and dictionaries are open.</summary>
    public readonly int Depth => _depth;

    /// <summary>What comes next, without reading it.</summary>
    /// <exception cref="BencodeException">The next byte begins nothing (<see cref="BencodeErrorKind.UnexpectedToken"/>).</exception>
    public readonly BencodeTokenType PeekType()
    {
        if (_position == _input.Length) return BencodeTokenType.EndOfInput;
        return _input[_position] switch
        {
            (byte)'i' => BencodeTokenType.Integer,
            (byte)'l' => BencodeTokenType.List,
            (byte)'d' => BencodeTokenType.Dictionary,
            (byte)'e' => BencodeTokenType.End,
            >= (byte)'0' and <= (byte)'9' => BencodeTokenType.ByteString,
            _ => throw Fault(BencodeErrorKind.UnexpectedToken, _position, "This byte begins no bencoded value."),
        };
    }

    /// <summary>Reads an integer of 64 signed bits.</summary>
    /// <exception cref="BencodeException"/>
    public long ReadInteger()
    {
        BeginValue(BencodeTokenType.Integer);
        var start = _position++;
        var negative = _position < _input.Length && _input[_position] == '-';
        if (negative) _position++;

        var firstDigit = _position;
        ulong magnitude = 0;
        var overflow = false;
        while (_position < _input.Length && char.IsAsciiDigit((char)_input[_position]))
        {
            var digit = (ulong)(_input[_position++] - '0');
            // The largest magnitude, 2^63, has 19 digits: nothing below this bound overflows 64 unsigned bits.
            if (magnitude > long.MaxValue / 10) overflow = true;
            else magnitude = magnitude * 10 + digit;
        }

        if (_position == _input.Length) throw EndsEarly();
        var digits = _position - firstDigit;
        var leadingZero = digits > 0 && _input[firstDigit] == '0' && (digits > 1 || negative);
        if (_input[_position] != 'e' || digits == 0 || leadingZero)
            throw Fault(BencodeErrorKind.InvalidInteger, start, "An integer is not in its canonical form.");
        if (overflow || magnitude > long.MaxValue + (negative ? 1UL : 0UL))
            throw Fault(BencodeErrorKind.IntegerOverflow, start, "An integer does not fit 64 signed bits.");
        _position++;
        return negative ? (long)(0 - magnitude) : (long)magnitude;
    }

    /// <summary>Reads an integer between <paramref name="min"/> and <paramref name="max"/>, both included.</summary>
    /// <exception cref="BencodeException">Also <see cref="BencodeErrorKind.OutOfRange"/>.</exception>
    public long ReadInteger(long min, long max)
    {
        var start = _position;
        var value = ReadInteger();
        return value >= min && value <= max
            ? value
            : throw Fault(BencodeErrorKind.OutOfRange, start, $"An integer is not between {min} and {max}.");
    }

    /// <summary>Reads a byte string; the span is a view of the input.</summary>
    /// <exception cref="BencodeException"/>
    public ReadOnlySpan<byte> ReadByteString()
    {
        BeginValue(BencodeTokenType.ByteString);
        return ReadLengthAndBytes();
    }

    /// <summary>Reads a byte string whose length in bytes is between <paramref name="minLength"/> and <paramref name="maxLength"/>, both included.</summary>
    /// <exception cref="BencodeException">Also <see cref="BencodeErrorKind.OutOfRange"/>.</exception>
    public ReadOnlySpan<byte> ReadByteString(int minLength, int maxLength)
    {
        var start = _position;
        var value = ReadByteString();
        return value.Length >= minLength && value.Length <= maxLength
            ? value
            : throw Fault(BencodeErrorKind.OutOfRange, start, $"A byte string is not between {minLength} and {maxLength} bytes long.");
    }

    /// <summary>Reads a byte string of at most <paramref name="maxBytes"/> bytes that is UTF-8 text.</summary>
    /// <exception cref="BencodeException">Also <see cref="BencodeErrorKind.OutOfRange"/> and <see cref="BencodeErrorKind.InvalidUtf8"/>.</exception>
    public string ReadString(int maxBytes)
    {
        var start = _position;
        var bytes = ReadByteString(0, maxBytes);
        return Utf8.IsValid(bytes)
            ? Encoding.UTF8.GetString(bytes)
            : throw Fault(BencodeErrorKind.InvalidUtf8, start, "A text is not UTF-8.");
    }

    /// <summary>Enters a list; its items follow until <see cref="TryReadEnd"/>.</summary>
    /// <exception cref="BencodeException"/>
    public void ReadListStart() => Enter(BencodeTokenType.List);

    /// <summary>Enters a dictionary; <see cref="TryReadKey"/> and values alternate until its end.</summary>
    /// <exception cref="BencodeException"/>
    public void ReadDictionaryStart() => Enter(BencodeTokenType.Dictionary);

    /// <summary>Leaves the open list or dictionary if it ends here; else reads nothing.</summary>
    /// <exception cref="BencodeException">The input ends here, or a dictionary ends between a key and its value.</exception>
    public bool TryReadEnd()
    {
        if (_depth == 0) throw new InvalidOperationException("No list or dictionary is open.");
        if (_position == _input.Length) throw EndsEarly();
        if (_input[_position] != 'e') return false;
        if (Top.ValueIsDue)
            throw Fault(BencodeErrorKind.MissingValue, _position, "A dictionary ends after a key.");
        _position++;
        _depth--;
        return true;
    }

    /// <summary>Reads a dictionary key, which must be larger than the one before it; the span is a view of the input.</summary>
    /// <exception cref="BencodeException"/>
    public ReadOnlySpan<byte> ReadKey()
    {
        if (_depth == 0 || Top is { IsDictionary: false } or { ValueIsDue: true })
            throw new InvalidOperationException("A key is not what comes next.");
        if (_position == _input.Length) throw EndsEarly();
        if (!char.IsAsciiDigit((char)_input[_position]))
            throw Fault(BencodeErrorKind.KeyNotString, _position, "A dictionary key is not a byte string.");
        CountToken();

        var start = _position;
        var key = ReadLengthAndBytes();
        ref var frame = ref Top;
        if (frame.KeyStart >= 0)
        {
            var order = _input.Slice(frame.KeyStart, frame.KeyLength).SequenceCompareTo(key);
            if (order == 0) throw Fault(BencodeErrorKind.DuplicateKey, start, "A dictionary key occurs twice.");
            if (order > 0) throw Fault(BencodeErrorKind.UnsortedKeys, start, "Dictionary keys are not sorted.");
        }

        frame.KeyStart = _position - key.Length;
        frame.KeyLength = key.Length;
        frame.ValueIsDue = true;
        return key;
    }

    /// <summary>Reads the next key, or the end of the dictionary: <c>while (reader.TryReadKey(out var key))</c>. Whoever does not know a key calls <see cref="Skip"/>.</summary>
    /// <exception cref="BencodeException"/>
    public bool TryReadKey(out ReadOnlySpan<byte> key)
    {
        key = default;
        if (TryReadEnd()) return false;
        key = ReadKey();
        return true;
    }

    /// <summary>Reads one value, whatever it is, and checks all of it.</summary>
    /// <exception cref="BencodeException"/>
    public void Skip()
    {
        var outside = _depth;
        SkipToken();
        while (_depth > outside)
        {
            if (TryReadEnd()) continue;
            if (Top is { IsDictionary: true, ValueIsDue: false }) ReadKey();
            else SkipToken();
        }
    }

    /// <summary>Reads one value, whatever it is, and returns its encoded bytes as they stand in the input.</summary>
    /// <exception cref="BencodeException"/>
    public ReadOnlySpan<byte> ReadRawValue()
    {
        var start = _position;
        Skip();
        return _input[start.._position];
    }

    /// <summary>Says that the top-level value just read must be the last.</summary>
    /// <exception cref="BencodeException"><see cref="BencodeErrorKind.TrailingData"/></exception>
    public readonly void RequireEndOfInput()
    {
        if (_depth != 0) throw new InvalidOperationException("A list or dictionary is open.");
        if (_position != _input.Length) throw Fault(BencodeErrorKind.TrailingData, _position, "Bytes follow the value.");
    }

    [UnscopedRef]
    private ref Frame Top
    {
        get
        {
            if (_depth <= InlineDepth) return ref _inline[_depth - 1];
            return ref _deeper![_depth - InlineDepth - 1];
        }
    }

    private void SkipToken()
    {
        switch (PeekType())
        {
            case BencodeTokenType.Integer:
                ReadInteger();
                break;
            case BencodeTokenType.List:
                ReadListStart();
                break;
            case BencodeTokenType.Dictionary:
                ReadDictionaryStart();
                break;
            default:
                // Also refuses an end where a value must come.
                ReadByteString();
                break;
        }
    }

    private void Enter(BencodeTokenType type)
    {
        BeginValue(type);
        if (_depth >= _maxDepth)
            throw Fault(BencodeErrorKind.TooDeep, _position, $"More than {_maxDepth} lists and dictionaries are nested.");
        if (_depth >= InlineDepth && (_deeper is null || _deeper.Length == _depth - InlineDepth)) Array.Resize(ref _deeper, 2 * _depth);
        _depth++;
        Top = new Frame { IsDictionary = type == BencodeTokenType.Dictionary, KeyStart = -1 };
        _position++;
    }

    private void BeginValue(BencodeTokenType wanted)
    {
        if (_depth > 0 && Top is { IsDictionary: true, ValueIsDue: false })
            throw new InvalidOperationException("A key must come before this value.");
        var found = PeekType();
        if (found == BencodeTokenType.EndOfInput) throw EndsEarly();
        if (found != wanted) throw Fault(BencodeErrorKind.UnexpectedToken, _position, $"Expected {wanted}, found {found}.");
        CountToken();
        if (_depth > 0) Top.ValueIsDue = false;
    }

    private ReadOnlySpan<byte> ReadLengthAndBytes()
    {
        var start = _position;
        long length = 0;
        while (_position < _input.Length && char.IsAsciiDigit((char)_input[_position]))
        {
            // Past the largest length a span can have, more digits change nothing.
            if (length <= int.MaxValue) length = length * 10 + (_input[_position] - '0');
            _position++;
        }

        if (_position == _input.Length) throw EndsEarly();
        if (_input[_position] != ':' || (_input[start] == '0' && _position - start > 1))
            throw Fault(BencodeErrorKind.InvalidLength, start, "A byte string's length is not in its canonical form.");
        _position++;
        if (length > _input.Length - _position)
            throw Fault(BencodeErrorKind.LengthBeyondInput, start, "A byte string is longer than what is left.");
        var bytes = _input.Slice(_position, (int)length);
        _position += (int)length;
        return bytes;
    }

    private void CountToken()
    {
        if (++_tokens > _maxTokens)
            throw Fault(BencodeErrorKind.TooManyTokens, _position, $"More than {_maxTokens} values and keys.");
    }

    private readonly BencodeException EndsEarly() => Fault(BencodeErrorKind.UnexpectedEnd, _input.Length, "The input ends inside a value.");

    private static BencodeException Fault(BencodeErrorKind kind, int offset, string message) => new(kind, offset, message);

    private struct Frame
    {
        public bool IsDictionary;
        public bool ValueIsDue;
        public int KeyStart;
        public int KeyLength;
    }

    [InlineArray(InlineDepth)]
    private struct InlineFrames
    {
        private Frame _first;
    }
}
