using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership;

/// <summary>One dictionary, read whole and then asked key by key; keys nobody asks for are ignored, which is how later versions add some.</summary>
internal readonly ref struct MembershipFields
{
    private readonly ReadOnlySpan<byte> _input;
    private readonly FewFields _fields;
    private readonly int _count;
    private readonly List<Field>? _more;

    private MembershipFields(ReadOnlySpan<byte> input, scoped in FewFields fields, int count, List<Field>? more)
    {
        _input = input;
        _fields = fields;
        _count = count;
        _more = more;
    }

    /// <exception cref="MembershipException">Not exactly one strictly bencoded dictionary.</exception>
    public static MembershipFields Parse(ReadOnlySpan<byte> input)
    {
        try
        {
            var fields = default(FewFields);
            var count = 0;
            List<Field>? more = null;
            var reader = new BencodeReader(input, MembershipLimits.Bencode);
            reader.ReadDictionaryStart();
            while (reader.TryReadKey(out var key))
            {
                var start = reader.Position;
                reader.Skip();
                var field = new Field(start - key.Length, start, reader.Position);
                if (count < FewFields.Length) fields[count++] = field;
                else (more ??= []).Add(field);
            }

            reader.RequireEndOfInput();
            return new MembershipFields(input, fields, count, more);
        }
        catch (BencodeException fault)
        {
            throw new MembershipException(MembershipErrorKind.Malformed, $"A message or record is malformed: {fault.Message}", fault);
        }
    }

    public bool Has(ReadOnlySpan<byte> key) => TryFind(key, out _);

    public long Integer(ReadOnlySpan<byte> key, long min, long max)
    {
        var reader = new BencodeReader(Required(key));
        try
        {
            return reader.ReadInteger(min, max);
        }
        catch (BencodeException fault)
        {
            throw Invalid(key, fault);
        }
    }

    /// <summary>An integer that may be missing.</summary>
    public long Integer(ReadOnlySpan<byte> key, long min, long max, long otherwise) => Has(key) ? Integer(key, min, max) : otherwise;

    /// <summary>A term, version, sequence or join number.</summary>
    public long Number(ReadOnlySpan<byte> key, long min = 0) => Integer(key, min, MembershipLimits.MaxNumber);

    public bool Flag(ReadOnlySpan<byte> key) => Integer(key, 0, 1, 0) != 0;

    public ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> key, int minLength, int maxLength)
    {
        var reader = new BencodeReader(Required(key));
        try
        {
            return reader.ReadByteString(minLength, maxLength);
        }
        catch (BencodeException fault)
        {
            throw Invalid(key, fault);
        }
    }

    /// <summary>The value as it is encoded.</summary>
    public ReadOnlySpan<byte> Raw(ReadOnlySpan<byte> key) => Required(key);

    public Hash256 Hash(ReadOnlySpan<byte> key) => new(Bytes(key, Hash256.Size, Hash256.Size));

    public Hash256? HashOrNull(ReadOnlySpan<byte> key) => Has(key) ? Hash(key) : null;

    public PeerId Peer(ReadOnlySpan<byte> key) => new(Hash(key));

    public string Text(ReadOnlySpan<byte> key, int minLength, int maxLength)
    {
        var bytes = Bytes(key, minLength, maxLength);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Invalid(key, null);
    }

    public IPEndPoint? AddressOrNull(ReadOnlySpan<byte> key) => Has(key) ? AddressText.Parse(Text(key, 0, MembershipLimits.MaxName)) : null;

    public IReadOnlyList<IPEndPoint> Addresses(ReadOnlySpan<byte> key) =>
        List(key, MembershipLimits.MaxAddresses, static (ref reader) => AddressText.Parse(reader.ReadString(MembershipLimits.MaxName)));

    /// <summary>A list whose items are read one by one; nothing is allocated for items that are not there.</summary>
    public List<T> List<T>(ReadOnlySpan<byte> key, int maxCount, ItemReader<T> readItem)
    {
        var reader = new BencodeReader(Required(key), MembershipLimits.Bencode);
        var items = new List<T>();
        try
        {
            reader.ReadListStart();
            while (!reader.TryReadEnd())
            {
                if (items.Count == maxCount)
                    throw new MembershipException(MembershipErrorKind.TooMany, $"The list '{Name(key)}' has more than {maxCount} items.");
                items.Add(readItem(ref reader));
            }
        }
        catch (BencodeException fault)
        {
            throw Invalid(key, fault);
        }

        return items;
    }

    private ReadOnlySpan<byte> Required(ReadOnlySpan<byte> key) => TryFind(key, out var value)
        ? value
        : throw new MembershipException(MembershipErrorKind.MissingKey, $"The key '{Name(key)}' is missing.");

    private bool TryFind(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        for (var i = 0; i < _count; i++)
        {
            if (Is(_fields[i], key, out value)) return true;
        }

        if (_more is not null)
        {
            foreach (var field in _more)
            {
                if (Is(field, key, out value)) return true;
            }
        }

        value = default;
        return false;
    }

    private bool Is(scoped in Field field, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        value = _input[field.ValueStart..field.ValueEnd];
        return _input[field.KeyStart..field.ValueStart].SequenceEqual(key);
    }

    private static MembershipException Invalid(ReadOnlySpan<byte> key, BencodeException? fault)
    {
        var message = $"The value of '{Name(key)}' is not what it must be.";
        return fault is null
            ? new MembershipException(MembershipErrorKind.InvalidValue, message)
            : new MembershipException(MembershipErrorKind.InvalidValue, $"{message} {fault.Message}", fault);
    }

    private static string Name(ReadOnlySpan<byte> key) => Encoding.ASCII.GetString(key);

    internal delegate T ItemReader<T>(ref BencodeReader reader);

    private readonly record struct Field(int KeyStart, int ValueStart, int ValueEnd);

    // Our own messages have no more; what is beyond comes from a later version, or is hostile.
    [InlineArray(Length)]
    private struct FewFields
    {
        public const int Length = 12;

        private Field _first;
    }
}
