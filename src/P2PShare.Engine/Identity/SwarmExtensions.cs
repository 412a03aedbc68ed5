using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Identity;

/// <summary>
/// The two private extensions of a swarm's root certificate, by which the files know the swarm's id and name. The root
/// is never sent, so neither ever reaches the wire.
/// </summary>
/// <remarks>
/// The arc is the UUID 61ab1be6-5bd2-49fd-838d-87ab79104515 split into numbers of at most 24 bits under the arc
/// Microsoft gives to whoever needs an OID (1.2.840.113556.1.8000.2554). The arc 2.25 of ITU-T X.667 would make the whole
/// UUID one number of 128 bits, more than RFC 5280 asks of anyone (28 bits) and than several X.509 libraries can read.
/// </remarks>
internal static class SwarmExtensions
{
    private const string Arc = "1.2.840.113556.1.8000.2554.25003.7142.23506.18941.33677.8891257.1066261";

    /// <summary>An OCTET STRING of 20 bytes.</summary>
    public const string SwarmIdOid = Arc + ".1";

    /// <summary>A UTF8String.</summary>
    public const string SwarmNameOid = Arc + ".2";

    public static IEnumerable<X509Extension> Create(SwarmId id, string name)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteOctetString(id.ToArray());
        yield return new X509Extension(SwarmIdOid, writer.Encode(), critical: false);
        writer.Reset();
        writer.WriteCharacterString(UniversalTagNumber.UTF8String, name);
        yield return new X509Extension(SwarmNameOid, writer.Encode(), critical: false);
    }

    /// <summary>Reads both; false when either is missing or malformed, or the name is one that no swarm can have.</summary>
    public static bool TryRead(X509Certificate2 root, out SwarmId id, out string name)
    {
        id = default;
        name = "";
        try
        {
            if (root.Extensions[SwarmIdOid] is not { } idExtension || root.Extensions[SwarmNameOid] is not { } nameExtension) return false;
            var idBytes = AsnDecoder.ReadOctetString(idExtension.RawData, AsnEncodingRules.DER, out var idLength);
            name = AsnDecoder.ReadCharacterString(nameExtension.RawData, AsnEncodingRules.DER, UniversalTagNumber.UTF8String, out var nameLength);
            if (idBytes.Length != SwarmId.Size || idLength != idExtension.RawData.Length || nameLength != nameExtension.RawData.Length) return false;
            id = new SwarmId(idBytes);
            return NameRules.IsSwarmName(name);
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            return false;
        }
    }
}
