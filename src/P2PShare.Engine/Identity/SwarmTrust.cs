using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Identity;

/// <summary>
/// Tells the swarm's leaves from all other certificates: chain to the root over the join issuers that are known here,
/// validity by the injected clock, and the explicit checks that a chain alone leaves out.
/// </summary>
internal sealed class SwarmTrust(SwarmId swarmId, X509Certificate2 root, IReadOnlyList<X509Certificate2> joinIssuers, TimeProvider timeProvider)
{
    /// <summary>The largest certificate looked at, in bytes; a leaf has about 600.</summary>
    public const int MaxCertificateSize = 4096;

    private const int PublicKeySize = 91;

    // SubjectPublicKeyInfo of an uncompressed P-256 point: one encoding a key, so one peer id a key.
    private static readonly byte[] PublicKeyPrefix = Convert.FromHexString("3059301306072a8648ce3d020106082a8648ce3d03010703420004");

    private readonly string _serverName = swarmId.ToString();

    /// <summary>A policy for one chain, with the clock's present time.</summary>
    /// <param name="usages">The extended key usages wanted of the leaf.</param>
    public X509ChainPolicy CreatePolicy(params ReadOnlySpan<string> usages)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = timeProvider.GetUtcNow().UtcDateTime,
        };
        policy.CustomTrustStore.Add(root);
        foreach (var issuer in joinIssuers) policy.ExtraStore.Add(issuer);
        foreach (var usage in usages) policy.ApplicationPolicy.Add(new Oid(usage));
        return policy;
    }

    /// <summary>Fully checks a leaf's DER bytes.</summary>
    public CertificateProblem Check(ReadOnlySpan<byte> der, out PeerId peer) => Check(der, out peer, out _);

    /// <summary>Fully checks a leaf's DER bytes, and tells whether the root itself signed it: a named machine's.</summary>
    public CertificateProblem Check(ReadOnlySpan<byte> der, out PeerId peer, out bool isNamed)
    {
        peer = default;
        isNamed = false;
        if (der.Length is 0 or > MaxCertificateSize) return CertificateProblem.Malformed;
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(der);
            // The loader takes PEM and trailing bytes too; one certificate shall have one form.
            if (!certificate.RawDataMemory.Span.SequenceEqual(der)) return CertificateProblem.Malformed;
            using var chain = new X509Chain { ChainPolicy = CreatePolicy(CertificateIssuer.ServerAuthentication, CertificateIssuer.ClientAuthentication) };
            var trusted = chain.Build(certificate);
            isNamed = chain.ChainElements.Count == 2;
            return Judge(certificate, chain, trusted, out peer);
        }
        catch (CryptographicException)
        {
            return CertificateProblem.Malformed;
        }
    }

    /// <summary>Judges a leaf whose chain was built under <see cref="CreatePolicy"/>.</summary>
    /// <exception cref="CryptographicException">The certificate cannot be read.</exception>
    public CertificateProblem Judge(X509Certificate2 leaf, X509Chain chain, bool trusted, out PeerId peer)
    {
        peer = default;
        var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        const X509ChainStatusFlags Time = X509ChainStatusFlags.NotTimeValid;
        const X509ChainStatusFlags Usage = X509ChainStatusFlags.NotValidForUsage;

        if ((status & ~(Time | Usage)) != 0 || !IsSignedByUs(leaf, chain)) return CertificateProblem.Untrusted;
        if (leaf.Extensions.OfType<X509BasicConstraintsExtension>().SingleOrDefault() is not { CertificateAuthority: false }) return CertificateProblem.CertificateAuthority;
        if ((status & Time) != 0) return IsFromTheFuture(chain) ? CertificateProblem.NotYetValid : CertificateProblem.Expired;
        if ((status & Usage) != 0 || !HasUsages(leaf)) return CertificateProblem.WrongUsage;
        if (!HasNames(leaf)) return CertificateProblem.WrongName;
        if (!TryGetPeerId(leaf, out peer)) return CertificateProblem.WrongKey;
        return trusted ? CertificateProblem.None : CertificateProblem.Untrusted;
    }

    /// <summary>A peer's id from its certificate's key; false unless that is an uncompressed P-256 key.</summary>
    public static bool TryGetPeerId(X509Certificate2 leaf, out PeerId peer)
    {
        peer = default;
        var publicKey = leaf.PublicKey.ExportSubjectPublicKeyInfo();
        if (publicKey.Length != PublicKeySize || !publicKey.AsSpan().StartsWith(PublicKeyPrefix)) return false;
        peer = new PeerId(Hash256.Of(publicKey));
        return true;
    }

    /// <summary>A problem as the end of the sentence "its certificate …".</summary>
    public static string Describe(CertificateProblem problem) => problem switch
    {
        CertificateProblem.None => "is valid",
        CertificateProblem.Untrusted => "was not signed by this swarm",
        CertificateProblem.Expired => "has expired",
        CertificateProblem.NotYetValid => "is not valid yet: one of the two clocks may be wrong",
        CertificateProblem.CertificateAuthority => "is a certificate authority's, not a peer's",
        CertificateProblem.WrongUsage => "is not meant for peers",
        CertificateProblem.WrongName => "is not made out to this swarm",
        CertificateProblem.WrongKey => "has no ECDSA P-256 key",
        _ => "cannot be read",
    };

    // The other side may send issuers along; only those known here count, so that one can be closed.
    private bool IsSignedByUs(X509Certificate2 leaf, X509Chain chain)
    {
        var elements = chain.ChainElements;
        if (elements.Count is < 2 or > 3) return false;
        if (!elements[^1].Certificate.RawDataMemory.Span.SequenceEqual(root.RawDataMemory.Span)) return false;
        if (leaf.RawDataMemory.Span.SequenceEqual(root.RawDataMemory.Span)) return false;
        return elements.Count == 2 || joinIssuers.Any(issuer => issuer.RawDataMemory.Span.SequenceEqual(elements[1].Certificate.RawDataMemory.Span));
    }

    private bool IsFromTheFuture(X509Chain chain)
    {
        var now = timeProvider.GetUtcNow();
        return chain.ChainElements.Any(element => element.Certificate.NotBefore > now);
    }

    [SuppressMessage("Performance", "CA1826", Justification = "SingleOrDefault also refuses a second extension of the kind.")]
    private static bool HasUsages(X509Certificate2 leaf)
    {
        var extended = leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().SingleOrDefault()?.EnhancedKeyUsages;
        if (extended is null || extended[CertificateIssuer.ServerAuthentication] is null || extended[CertificateIssuer.ClientAuthentication] is null) return false;
        return leaf.Extensions.OfType<X509KeyUsageExtension>().SingleOrDefault() is { } usage && (usage.KeyUsages & X509KeyUsageFlags.DigitalSignature) != 0;
    }

    private bool HasNames(X509Certificate2 leaf)
    {
        if (leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().SingleOrDefault() is not { } names) return false;
        var dnsNames = names.EnumerateDnsNames().ToList();
        return dnsNames.Contains("*") && dnsNames.Contains(_serverName);
    }
}
