using System.Diagnostics.CodeAnalysis;

namespace P2PShare.Protocol.Membership;

/// <summary>A swarm's identity: 20 random bytes in the root certificate, so it survives a change of keys. Its 40 hexadecimal digits are the TLS server name (SNI).</summary>
public readonly record struct SwarmId
{
    /// <summary>The id's length in bytes.</summary>
    public const int Size = 20;

    private readonly string? _hex;

    /// <exception cref="ArgumentException">The span is not 20 bytes long.</exception>
    public SwarmId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException("A swarm id has 20 bytes.", nameof(bytes));
        _hex = Convert.ToHexStringLower(bytes);
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out SwarmId id)
    {
        id = default;
        if (text is null || text.Length != 2 * Size) return false;
        Span<byte> bytes = stackalloc byte[Size];
        if (Convert.FromHexString(text, bytes, out _, out _) != System.Buffers.OperationStatus.Done) return false;
        id = new SwarmId(bytes);
        return true;
    }

    public byte[] ToArray() => _hex is null ? new byte[Size] : Convert.FromHexString(_hex);

    /// <summary>40 lower-case hexadecimal digits.</summary>
    public override string ToString() => _hex ?? new string('0', 2 * Size);
}
