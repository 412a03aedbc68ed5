using System.Net;
using System.Text;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership;

/// <summary>Writes keys with their values, and refuses to write what no reader would accept.</summary>
internal static class MembershipWriting
{
    public static void Field(this BencodeWriter writer, ReadOnlySpan<byte> key, long value)
    {
        writer.WriteKey(key);
        writer.WriteInteger(value);
    }

    public static void Number(this BencodeWriter writer, ReadOnlySpan<byte> key, long value, long min = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, min);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MembershipLimits.MaxNumber);
        writer.Field(key, value);
    }

    /// <summary>A flag is 1, or left out.</summary>
    public static void Flag(this BencodeWriter writer, ReadOnlySpan<byte> key, bool value)
    {
        if (value) writer.Field(key, 1);
    }

    public static void Field(this BencodeWriter writer, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        writer.WriteKey(key);
        writer.WriteByteString(value);
    }

    public static void Field(this BencodeWriter writer, ReadOnlySpan<byte> key, Hash256 value)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        value.CopyTo(bytes);
        writer.Field(key, bytes);
    }

    public static void Field(this BencodeWriter writer, ReadOnlySpan<byte> key, PeerId value) => writer.Field(key, value.Value);

    /// <exception cref="ArgumentException">The text is longer than that.</exception>
    public static void Text(this BencodeWriter writer, ReadOnlySpan<byte> key, string value, int maxLength, int minLength = 0)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        if (length < minLength || length > maxLength)
            throw new ArgumentException($"The text '{Encoding.ASCII.GetString(key)}' must have {minLength} to {maxLength} bytes, not {length}.", nameof(value));
        writer.WriteKey(key);
        writer.WriteString(value);
    }

    /// <summary>Text for people, cut where it is too long.</summary>
    public static void Message(this BencodeWriter writer, ReadOnlySpan<byte> key, string value)
    {
        Span<byte> bytes = stackalloc byte[MembershipLimits.MaxReasonText];
        System.Text.Unicode.Utf8.FromUtf16(value, bytes, out _, out var length);
        writer.Field(key, bytes[..length]);
    }

    public static void Address(this BencodeWriter writer, ReadOnlySpan<byte> key, IPEndPoint? value)
    {
        if (value is not null) writer.Text(key, AddressText.Format(value), MembershipLimits.MaxName);
    }

    public static void Addresses(this BencodeWriter writer, ReadOnlySpan<byte> key, IReadOnlyList<IPEndPoint> values)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(values.Count, MembershipLimits.MaxAddresses, nameof(values));
        writer.WriteKey(key);
        writer.WriteListStart();
        foreach (var value in values) writer.WriteString(AddressText.Format(value));
        writer.WriteEnd();
    }
}
