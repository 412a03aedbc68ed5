using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using P2PShare.Engine.Errors;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine.Identity;

/// <summary>A swarm, admin or peer file, read and proved consistent; times are not judged here.</summary>
internal sealed class SwarmFileContent : IDisposable
{
    /// <summary>How messages call what did not come from a file.</summary>
    public const string GivenText = "the swarm file given as text";

    private readonly string _source;

    private SwarmFileContent(string source) => _source = source;

    public SwarmId SwarmId { get; private set; }
    public string SwarmName { get; private set; } = "";
    public X509Certificate2 Root { get; private set; } = null!;
    public List<X509Certificate2> JoinIssuers { get; } = [];

    /// <summary>A named machine's certificate.</summary>
    public X509Certificate2? Leaf { get; private set; }

    /// <summary>The file's one key: the root's, a join issuer's or the leaf's, as <see cref="Authority"/> says.</summary>
    public ECDsa? Key { get; private set; }

    /// <summary>A named machine's name and role, proved to be for its leaf.</summary>
    public NameGrant? NameGrant { get; private set; }

    public SwarmAuthority Authority { get; private set; }

    /// <summary>The certificate the key belongs to; the root without a key.</summary>
    public X509Certificate2 Own { get; private set; } = null!;

    /// <param name="text">The PEM text.</param>
    /// <param name="source">How messages call it: a path, or "the swarm text".</param>
    /// <param name="proveLater">Leaves out what <see cref="IsProved"/> finds out, for who calls that before anybody is trusted.</param>
    /// <exception cref="P2PShareException">SwarmFileInvalid.</exception>
    public static SwarmFileContent Parse(string text, string source, bool proveLater = false)
    {
        var content = new SwarmFileContent(source);
        try
        {
            content.Load(PemBlocks.Read(text), proveLater);
            return content;
        }
        catch (Exception e)
        {
            content.Dispose();
            throw e switch
            {
                FormatException => content.Invalid(e.Message, e),
                CryptographicException => content.Invalid("has a certificate or key that cannot be read", e),
                MembershipException => content.Invalid("has a name grant that cannot be read", e),
                _ => e,
            };
        }
    }

    /// <summary>Whether the root signed all certificates of the file.</summary>
    /// <remarks>
    /// Takes long the first time in a process: before .NET builds a chain, whatever that is to trust, it reads all the
    /// authorities of a Linux machine.
    /// </remarks>
    public bool IsProved()
    {
        try
        {
            return JoinIssuers.Append(Leaf).All(issuer => issuer is null || IsSignedByRoot(issuer));
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <exception cref="P2PShareException">CertificateExpired, or CertificateInvalid when now is before their beginning.</exception>
    public void CheckTime(DateTimeOffset now)
    {
        foreach (var (certificate, what) in new[] { (Root, "the swarm's root certificate"), (Own, OwnDescription) })
        {
            if (certificate.NotAfter < now)
            {
                throw new P2PShareException(
                    ErrorKind.AuthenticationError,
                    ErrorIds.CertificateExpired,
                    $"{Capitalised(what)} in '{_source}' (swarm '{SwarmName}') ended on {Day(certificate.NotAfter)}.",
                    _source,
                    "Ask the swarm's administrator for a new file, and check this machine's clock.");
            }

            if (certificate.NotBefore > now)
            {
                throw new P2PShareException(
                    ErrorKind.AuthenticationError,
                    ErrorIds.CertificateInvalid,
                    $"{Capitalised(what)} in '{_source}' (swarm '{SwarmName}') is not valid before {Day(certificate.NotBefore)}, and this machine's clock shows {Day(now.LocalDateTime)}.",
                    _source,
                    "Set this machine's clock.");
            }
        }
    }

    public void Dispose()
    {
        Root?.Dispose();
        foreach (var issuer in JoinIssuers) issuer.Dispose();
        Leaf?.Dispose();
        Key?.Dispose();
    }

    public P2PShareException Invalid(string why, Exception? inner = null) => new(
        ErrorKind.InvalidData,
        ErrorIds.SwarmFileInvalid,
        $"'{_source}' {why}.",
        _source,
        "Copy NAME.swarm.pem again from where the swarm was made, as a whole and unchanged.",
        inner);

    internal static string Day(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    internal string OwnDescription => Authority switch
    {
        SwarmAuthority.Join => "the join issuer's certificate",
        SwarmAuthority.Peer => "this machine's certificate",
        _ => "the swarm's root certificate",
    };

    private static string Capitalised(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private void Load(List<(string Label, byte[] Data)> blocks, bool proveLater)
    {
        foreach (var (label, data) in blocks)
        {
            switch (label)
            {
                case PemBlocks.Certificate:
                    Sort(LoadCertificate(data));
                    break;
                case PemBlocks.PrivateKey:
                    if (Key is not null) throw new FormatException("has more than one private key; a swarm's file has one");
                    Key = LoadKey(data);
                    CryptographicOperations.ZeroMemory(data);
                    break;
                case PemBlocks.NameGrant:
                    if (NameGrant is not null) throw new FormatException("has more than one name grant");
                    NameGrant = NameGrant.Parse(data);
                    break;
                case "ENCRYPTED PRIVATE KEY" or "EC PRIVATE KEY" or "RSA PRIVATE KEY":
                    throw new FormatException($"has a key of a kind that swarms do not use ({label})");
                default:
                    throw new FormatException("has a PEM block that this version does not know");
            }
        }

        if (Root is null) throw new FormatException("has no swarm's root certificate: it is some other PEM file");
        if (!proveLater && !IsProved()) throw new FormatException("has a certificate that this swarm's root did not sign: parts of two files may have been mixed");

        FindAuthority();
        CheckLeaf();
    }

    private static X509Certificate2 LoadCertificate(byte[] data)
    {
        var certificate = X509CertificateLoader.LoadCertificate(data);
        if (certificate.RawDataMemory.Span.SequenceEqual(data)) return certificate;
        certificate.Dispose();
        throw new FormatException("has a certificate with bytes that do not belong to it");
    }

    private static ECDsa LoadKey(byte[] data)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(data, out var length);
            if (length != data.Length || key.ExportParameters(false).Curve.Oid.Value != "1.2.840.10045.3.1.7") throw new FormatException("has a key that is not ECDSA P-256");
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private void Sort(X509Certificate2 certificate)
    {
        var isAuthority = certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is { CertificateAuthority: true };
        if (isAuthority && SwarmExtensions.TryRead(certificate, out var id, out var name))
        {
            if (Root is not null)
            {
                certificate.Dispose();
                throw new FormatException("has the root certificates of two swarms");
            }

            (Root, SwarmId, SwarmName) = (certificate, id, name);
        }
        else if (isAuthority)
        {
            JoinIssuers.Add(certificate);
        }
        else if (Leaf is null)
        {
            Leaf = certificate;
        }
        else
        {
            certificate.Dispose();
            throw new FormatException("has more than one machine's certificate");
        }
    }

    private bool IsSignedByRoot(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate) && chain.ChainElements.Count == 2;
    }

    private void FindAuthority()
    {
        if (Key is null)
        {
            (Authority, Own) = (SwarmAuthority.None, Root);
            return;
        }

        var publicKey = Key.ExportSubjectPublicKeyInfo();
        bool Owns(X509Certificate2? certificate) => certificate is not null && certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(publicKey);

        if (Owns(Root)) (Authority, Own) = (SwarmAuthority.Admin, Root);
        else if (JoinIssuers.Find(Owns) is { } issuer) (Authority, Own) = (SwarmAuthority.Join, issuer);
        else if (Owns(Leaf)) (Authority, Own) = (SwarmAuthority.Peer, Leaf!);
        else throw new FormatException("has a private key that belongs to none of its certificates");
    }

    private void CheckLeaf()
    {
        if (Leaf is null && NameGrant is null) return;
        if (Leaf is null || NameGrant is null || Authority is SwarmAuthority.Join or SwarmAuthority.Admin) throw new FormatException("has only a part of a named machine's file, or more than that");
        using var rootKey = Root.GetECDsaPublicKey() ?? throw new FormatException("has a root certificate whose key is not ECDSA");
        if (!SwarmTrust.TryGetPeerId(Leaf, out var peer) || NameGrant.Peer != peer || !NameGrant.Verify(rootKey) || !NameRules.IsPeerName(NameGrant.Name))
            throw new FormatException("has a name that was not granted to its certificate");
    }
}
