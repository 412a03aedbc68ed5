using System.Formats.Asn1;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>Takes the public key out of a leaf certificate. Whether the swarm's root stands behind it is for others to check.</summary>
internal static class LeafCertificate
{
    private const int PublicKeySize = 91;
    private static readonly Asn1Tag Version = new(TagClass.ContextSpecific, 0, isConstructed: true);

    // SubjectPublicKeyInfo of an uncompressed P-256 point, without the point: a key has one encoding, so one peer id.
    private static ReadOnlySpan<byte> PublicKeyPrefix =>
    [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
        0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];

    /// <summary>
    /// The SubjectPublicKeyInfo of a DER certificate. Only the way to the key is read: whoever believes the certificate
    /// has all of it checked, and most are passed on unread.
    /// </summary>
    /// <exception cref="MembershipException">No certificate, or a key that is not ECDSA P-256.</exception>
    public static byte[] ReadPublicKey(ReadOnlySpan<byte> der)
    {
        try
        {
            var toBeSigned = Content(Content(der, wholly: true), wholly: false);
            if (AsnDecoder.ReadEncodedValue(toBeSigned, AsnEncodingRules.DER, out _, out _, out var version) == Version) toBeSigned = toBeSigned[version..];
            // Serial number, algorithm, issuer, validity, subject.
            for (var field = 0; field < 5; field++) toBeSigned = toBeSigned[Length(toBeSigned)..];
            var key = toBeSigned[..Length(toBeSigned)];
            return key.Length == PublicKeySize && key.StartsWith(PublicKeyPrefix) ? key.ToArray() : throw Invalid(null);
        }
        catch (AsnContentException fault)
        {
            throw Invalid(fault);
        }
    }

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> sequence, bool wholly)
    {
        AsnDecoder.ReadSequence(sequence, AsnEncodingRules.DER, out var offset, out var length, out var consumed);
        return !wholly || consumed == sequence.Length ? sequence.Slice(offset, length) : throw Invalid(null);
    }

    private static int Length(ReadOnlySpan<byte> value)
    {
        AsnDecoder.ReadEncodedValue(value, AsnEncodingRules.DER, out _, out _, out var consumed);
        return consumed;
    }

    private static MembershipException Invalid(Exception? fault)
    {
        const string Message = "Not a certificate in DER with an ECDSA P-256 key.";
        return fault is null
            ? new MembershipException(MembershipErrorKind.InvalidCertificate, Message)
            : new MembershipException(MembershipErrorKind.InvalidCertificate, Message, fault);
    }
}
