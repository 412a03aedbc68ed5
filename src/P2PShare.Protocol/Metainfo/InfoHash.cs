using System.Diagnostics.CodeAnalysis;

namespace P2PShare.Protocol.Metainfo;

/// <summary>A share's v2 info-hash: SHA-256 over the raw bytes of the info dictionary (BEP 52). Handshakes, trackers and DHT use its first 20 bytes.</summary>
public readonly record struct InfoHash(Hash256 Value) : IComparable<InfoHash>
{
    public static bool TryParse([NotNullWhen(true)] string? text, out InfoHash id)
    {
        var ok = Hash256.TryParse(text, out var hash);
        id = new InfoHash(hash);
        return ok;
    }

    public int CompareTo(InfoHash other) => Value.CompareTo(other.Value);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString();

    public static bool operator <(InfoHash left, InfoHash right) => left.Value < right.Value;
    public static bool operator >(InfoHash left, InfoHash right) => left.Value > right.Value;
    public static bool operator <=(InfoHash left, InfoHash right) => left.Value <= right.Value;
    public static bool operator >=(InfoHash left, InfoHash right) => left.Value >= right.Value;
}
