using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>Takes the public key out of a leaf certificate. Whether the swarm's root stands behind it is for others to check.</summary>
internal static class LeafCertificate
{
    private const string EcPublicKey = "1.2.840.10045.2.1";

    // The curve's object identifier, 1.2.840.10045.3.1.7, in DER: asking the platform for the curve gives differing names.
    private static ReadOnlySpan<byte> P256 => [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];

    /// <summary>The SubjectPublicKeyInfo of a DER certificate.</summary>
    /// <exception cref="MembershipException">No certificate, or a key that is not ECDSA P-256.</exception>
    public static byte[] ReadPublicKey(ReadOnlySpan<byte> der)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(der);
            // The loader also takes PEM and bytes after the end; a record holds the certificate and nothing else.
            if (!certificate.RawDataMemory.Span.SequenceEqual(der)) throw Invalid(null);
            var key = certificate.PublicKey;
            return key.Oid.Value == EcPublicKey && key.EncodedParameters is { } curve && curve.RawData.AsSpan().SequenceEqual(P256)
                ? key.ExportSubjectPublicKeyInfo()
                : throw Invalid(null);
        }
        catch (CryptographicException fault)
        {
            throw Invalid(fault);
        }
    }

    private static MembershipException Invalid(Exception? fault)
    {
        const string Message = "Not a certificate in DER with an ECDSA P-256 key.";
        return fault is null
            ? new MembershipException(MembershipErrorKind.InvalidCertificate, Message)
            : new MembershipException(MembershipErrorKind.InvalidCertificate, Message, fault);
    }
}
