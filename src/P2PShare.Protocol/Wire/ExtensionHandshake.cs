using System.Net;
using System.Text;
using System.Text.Unicode;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Wire;

/// <summary>
/// The dictionary of an extended message with number 0 (BEP 10). Every key is optional; what is unknown, of the wrong
/// type or out of range is left out, as if it had not been sent. It may come again: <see cref="Extensions"/> are then changes.
/// </summary>
public sealed record ExtensionHandshake
{
    /// <summary>How many names of <c>m</c> are taken; the rest is ignored.</summary>
    public const int MaxExtensions = 256;

    /// <summary>Longer names of <c>m</c> are ignored, in bytes.</summary>
    public const int MaxNameLength = 64;

    /// <summary>A longer <c>v</c> is ignored, in bytes.</summary>
    public const int MaxClientLength = 255;

    private static readonly BencodeLimits Limits = new() { MaxDepth = 16 };

    /// <summary><c>m</c>: the numbers under which the sender wants each extension's messages; 0 switches one off.</summary>
    public IReadOnlyDictionary<string, byte> Extensions { get; init; } = new Dictionary<string, byte>();

    /// <summary><c>p</c>: the sender's listening port, 1 to 65535.</summary>
    public int? ListenPort { get; init; }

    /// <summary><c>v</c>: the sender's name and version.</summary>
    public string? Client { get; init; }

    /// <summary><c>yourip</c>: the address under which the sender sees the receiver.</summary>
    public IPAddress? YourAddress { get; init; }

    /// <summary><c>reqq</c>: how many outstanding requests the sender keeps, at least 1.</summary>
    public int? RequestQueue { get; init; }

    /// <summary><c>metadata_size</c> (BEP 9): bytes of the info dictionary, 1 to <see cref="MetadataMessage.MaxTotalSize"/>.</summary>
    public int? MetadataSize { get; init; }

    /// <summary><c>p2p_attributes_size</c>: bytes of the attributes blob, 1 to <see cref="MetadataMessage.MaxTotalSize"/>.</summary>
    public int? AttributesSize { get; init; }

    /// <summary><c>upload_only</c> (BEP 21): the sender wants nothing more; null if not said.</summary>
    public bool? UploadOnly { get; init; }

    /// <exception cref="WireException">Not one bencoded dictionary.</exception>
    public static ExtensionHandshake Parse(ReadOnlySpan<byte> payload)
    {
        try
        {
            var reader = new BencodeReader(payload, Limits);
            var handshake = ParseDictionary(ref reader);
            reader.RequireEndOfInput();
            return handshake;
        }
        catch (BencodeException fault)
        {
            throw new WireException(WireErrorKind.InvalidExtension, $"An extension handshake is malformed: {fault.Message}", fault);
        }
    }

    /// <summary>Writes the dictionary: the payload after the extended message's number.</summary>
    public void Write(BencodeWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteDictionaryStart();
        writer.WriteKey("m"u8);
        writer.WriteDictionaryStart();
        foreach (var (name, id) in Extensions.OrderBy(extension => extension.Key, StringComparer.Ordinal))
        {
            writer.WriteKey(Encoding.UTF8.GetBytes(name));
            writer.WriteInteger(id);
        }

        writer.WriteEnd();
        WriteInteger(writer, "metadata_size"u8, MetadataSize);
        WriteInteger(writer, "p"u8, ListenPort);
        WriteInteger(writer, "p2p_attributes_size"u8, AttributesSize);
        WriteInteger(writer, "reqq"u8, RequestQueue);
        WriteInteger(writer, "upload_only"u8, UploadOnly is { } uploadOnly ? (uploadOnly ? 1 : 0) : null);
        if (Client is not null)
        {
            writer.WriteKey("v"u8);
            writer.WriteString(Client);
        }

        if (YourAddress is not null)
        {
            writer.WriteKey("yourip"u8);
            var address = YourAddress.IsIPv4MappedToIPv6 ? YourAddress.MapToIPv4() : YourAddress;
            writer.WriteByteString(address.GetAddressBytes());
        }

        writer.WriteEnd();
    }

    private static ExtensionHandshake ParseDictionary(ref BencodeReader reader)
    {
        var handshake = new ExtensionHandshake();
        reader.ReadDictionaryStart();
        while (reader.TryReadKey(out var key))
        {
            handshake = key switch
            {
                _ when key.SequenceEqual("m"u8) => handshake with { Extensions = ParseExtensions(ref reader) },
                _ when key.SequenceEqual("metadata_size"u8) => handshake with { MetadataSize = IntegerOrNull(ref reader, 1, MetadataMessage.MaxTotalSize) },
                _ when key.SequenceEqual("p"u8) => handshake with { ListenPort = IntegerOrNull(ref reader, 1, ushort.MaxValue) },
                _ when key.SequenceEqual("p2p_attributes_size"u8) => handshake with { AttributesSize = IntegerOrNull(ref reader, 1, MetadataMessage.MaxTotalSize) },
                _ when key.SequenceEqual("reqq"u8) => handshake with { RequestQueue = IntegerOrNull(ref reader, 1, int.MaxValue) },
                _ when key.SequenceEqual("upload_only"u8) => handshake with { UploadOnly = IntegerOrNull(ref reader, 0, int.MaxValue) is { } value ? value != 0 : null },
                _ when key.SequenceEqual("v"u8) => handshake with { Client = ParseClient(ref reader) },
                _ when key.SequenceEqual("yourip"u8) => handshake with { YourAddress = ParseAddress(ref reader) },
                _ => Ignore(ref reader, handshake),
            };
        }

        return handshake;
    }

    private static Dictionary<string, byte> ParseExtensions(ref BencodeReader reader)
    {
        var extensions = new Dictionary<string, byte>(StringComparer.Ordinal);
        if (reader.PeekType() != BencodeTokenType.Dictionary)
        {
            reader.Skip();
            return extensions;
        }

        reader.ReadDictionaryStart();
        while (reader.TryReadKey(out var name))
        {
            var id = IntegerOrNull(ref reader, 0, byte.MaxValue);
            if (id is not null && extensions.Count < MaxExtensions && name.Length is > 0 and <= MaxNameLength && Utf8.IsValid(name))
                extensions.Add(Encoding.UTF8.GetString(name), (byte)id);
        }

        return extensions;
    }

    private static string? ParseClient(ref BencodeReader reader)
    {
        var bytes = BytesOrNothing(ref reader);
        return bytes.Length is > 0 and <= MaxClientLength && Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;
    }

    private static IPAddress? ParseAddress(ref BencodeReader reader)
    {
        var bytes = BytesOrNothing(ref reader);
        return bytes.Length is 4 or 16 ? new IPAddress(bytes) : null;
    }

    private static int? IntegerOrNull(ref BencodeReader reader, int min, int max)
    {
        if (reader.PeekType() == BencodeTokenType.Integer)
        {
            var value = reader.ReadInteger();
            return value >= min && value <= max ? (int)value : null;
        }

        reader.Skip();
        return null;
    }

    private static ReadOnlySpan<byte> BytesOrNothing(ref BencodeReader reader)
    {
        if (reader.PeekType() == BencodeTokenType.ByteString) return reader.ReadByteString();
        reader.Skip();
        return default;
    }

    private static ExtensionHandshake Ignore(ref BencodeReader reader, ExtensionHandshake handshake)
    {
        reader.Skip();
        return handshake;
    }

    private static void WriteInteger(BencodeWriter writer, ReadOnlySpan<byte> key, int? value)
    {
        if (value is null) return;
        writer.WriteKey(key);
        writer.WriteInteger(value.Value);
    }
}
