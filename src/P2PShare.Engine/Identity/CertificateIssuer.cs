using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Identity;

/// <summary>
/// Makes the three kinds of certificates, all ECDSA P-256. Subjects hold neutral words and the swarm id's digits, which
/// the server name of TLS shows anyway: no name of a swarm or a peer is ever in a certificate that is sent.
/// </summary>
internal static class CertificateIssuer
{
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>
    /// How long before now a certificate begins, so that machines whose clocks lag by less accept it at once. Clocks may
    /// thus be off by two days either way without anybody noticing; ends are exact.
    /// </summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromDays(2);

    public static readonly TimeSpan RootLifetime = TimeSpan.FromDays(3652);
    public static readonly TimeSpan IssuerLifetime = TimeSpan.FromDays(1826);
    public static readonly TimeSpan LeafLifetime = TimeSpan.FromDays(365);

    public static ECDsa CreateKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static X509Certificate2 CreateRoot(ECDsa key, SwarmId id, string swarmName, DateTimeOffset now)
    {
        var request = new CertificateRequest($"CN=P2PShare root {id}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 1, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature, true));
        foreach (var extension in SwarmExtensions.Create(id, swarmName)) request.CertificateExtensions.Add(extension);
        return Sign(request, request.SubjectName, null, key, now - ClockTolerance, now + RootLifetime);
    }

    public static X509Certificate2 CreateJoinIssuer(ECDsa key, SwarmId id, X509Certificate2 root, ECDsa rootKey, DateTimeOffset now)
    {
        var request = new CertificateRequest($"CN=P2PShare join {id}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return Sign(request, root.SubjectName, root, rootKey, now - ClockTolerance, now + IssuerLifetime);
    }

    /// <summary>A leaf as TLS and libtorrent want it: SAN `*` for libtorrent's rule, the swarm id for .NET's name check.</summary>
    public static X509Certificate2 CreateLeaf(ECDsa key, SwarmId id, X509Certificate2 issuer, ECDsa issuerKey, TimeSpan lifetime, DateTimeOffset now)
    {
        var request = new CertificateRequest("CN=P2PShare peer", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication), new Oid(ClientAuthentication)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("*");
        names.AddDnsName(id.ToString());
        request.CertificateExtensions.Add(names.Build());
        return Sign(request, issuer.SubjectName, issuer, issuerKey, now - ClockTolerance, LeafEnd(issuer, lifetime, now));
    }

    /// <summary>When a leaf signed now would end.</summary>
    public static DateTimeOffset LeafEnd(X509Certificate2 issuer, TimeSpan lifetime, DateTimeOffset now)
    {
        var issuerEnd = new DateTimeOffset(issuer.NotAfter);
        // Compared as a span: now + a caller's huge lifetime would overflow.
        return issuerEnd - now < lifetime ? issuerEnd : now + lifetime;
    }

    private static X509Certificate2 Sign(CertificateRequest request, X500DistinguishedName issuerName, X509Certificate2? issuer, ECDsa issuerKey, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        var subjectKey = new X509SubjectKeyIdentifierExtension(request.PublicKey, false);
        request.CertificateExtensions.Add(subjectKey);
        var issuerKeyId = issuer is null ? subjectKey : issuer.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single();
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(issuerKeyId));

        // A certificate that begins before its issuer or outlives it is refused by others.
        if (issuer is not null)
        {
            if (notBefore < issuer.NotBefore) notBefore = issuer.NotBefore;
            if (notAfter > issuer.NotAfter) notAfter = issuer.NotAfter;
        }

        Span<byte> serial = stackalloc byte[16];
        RandomNumberGenerator.Fill(serial);
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40); // positive, and of one length
        return request.Create(issuerName, X509SignatureGenerator.CreateForECDsa(issuerKey), WholeSeconds(notBefore), WholeSeconds(notAfter), serial);
    }

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
}
