using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>Takes the public key out of a leaf certificate. Whether the swarm's root stands behind it is for others to check.</summary>
internal static class LeafCertificate
{
    private const int PublicKeySize = 91;

    // SubjectPublicKeyInfo of an uncompressed P-256 point, without the point: a key has one encoding, so one peer id.
    private static ReadOnlySpan<byte> PublicKeyPrefix =>
    [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
        0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];

    /// <summary>The SubjectPublicKeyInfo of a DER certificate.</summary>
    /// <exception cref="MembershipException">No certificate, or a key that is not ECDSA P-256.</exception>
    public static byte[] ReadPublicKey(ReadOnlySpan<byte> der)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(der);
            // The loader also takes PEM and bytes after the end; a record holds the certificate and nothing else.
            if (!certificate.RawDataMemory.Span.SequenceEqual(der)) throw Invalid(null);
            var key = certificate.PublicKey.ExportSubjectPublicKeyInfo();
            return key.Length == PublicKeySize && key.AsSpan().StartsWith(PublicKeyPrefix) ? key : throw Invalid(null);
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
