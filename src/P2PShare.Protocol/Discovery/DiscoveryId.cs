using P2PShare.Protocol.Membership;

namespace P2PShare.Protocol.Discovery;

/// <summary>
/// What a swarm is called on the local network, where a torrent has its info-hash: 20 bytes. It is made of the swarm id by
/// hashing, so that who listens does not learn the TLS server name.
/// </summary>
public readonly record struct DiscoveryId
{
    /// <summary>The id's length in bytes.</summary>
    public const int Size = 20;

    private readonly string? _hex;

    private DiscoveryId(string hex) => _hex = hex;

    /// <summary>The first 20 bytes of SHA-256 over the text "p2pshare/1 discovery", a zero byte and the swarm id.</summary>
    public static DiscoveryId Of(SwarmId swarm)
    {
        var hash = Hash256.Of([.. "p2pshare/1 discovery\0"u8, .. swarm.ToArray()]);
        return new DiscoveryId(hash.ToString()[..(2 * Size)]);
    }

    /// <summary>Reads 40 hexadecimal digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DiscoveryId id)
    {
        id = default;
        if (text.Length != 2 * Size) return false;
        foreach (var digit in text)
        {
            if (!char.IsAsciiHexDigit(digit)) return false;
        }

        id = new DiscoveryId(text.ToString().ToLowerInvariant());
        return true;
    }

    /// <summary>40 lower-case hexadecimal digits.</summary>
    public override string ToString() => _hex ?? new string('0', 2 * Size);
}
