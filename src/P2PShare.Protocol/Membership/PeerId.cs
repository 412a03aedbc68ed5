using System.Diagnostics.CodeAnalysis;

namespace P2PShare.Protocol.Membership;

/// <summary>A peer's identity: SHA-256 of its leaf certificate's SubjectPublicKeyInfo, so a restart with the same key is the same peer.</summary>
public readonly record struct PeerId(Hash256 Value) : IComparable<PeerId>
{
    public static bool TryParse([NotNullWhen(true)] string? text, out PeerId id)
    {
        var ok = Hash256.TryParse(text, out var hash);
        id = new PeerId(hash);
        return ok;
    }

    public int CompareTo(PeerId other) => Value.CompareTo(other.Value);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString();

    public static bool operator <(PeerId left, PeerId right) => left.Value < right.Value;
    public static bool operator >(PeerId left, PeerId right) => left.Value > right.Value;
    public static bool operator <=(PeerId left, PeerId right) => left.Value <= right.Value;
    public static bool operator >=(PeerId left, PeerId right) => left.Value >= right.Value;
}
