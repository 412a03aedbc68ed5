using System.Security.Cryptography;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>
/// What a signature of this protocol is made over: the ASCII text "p2pshare/1 " and the kind's name, a zero byte, and the
/// body as it was sent. So no signature can be taken for one of another kind, or of another protocol.
/// </summary>
public static class RecordSignature
{
    /// <summary>The bytes of a signature: r ‖ s (IEEE P1363) of ECDSA P-256 over SHA-256.</summary>
    public const int Size = 64;

    internal const string Peer = "peer";
    internal const string Share = "share";
    internal const string Holdings = "holdings";
    internal const string Name = "name";

    /// <exception cref="ArgumentException">The signer did not return 64 bytes.</exception>
    internal static byte[] Sign(IRecordSigner signer, string kind, ReadOnlySpan<byte> body)
    {
        ArgumentNullException.ThrowIfNull(signer);
        var signature = signer.Sign(Input(kind, body));
        return signature.Length == Size ? signature : throw new ArgumentException("A signature has 64 bytes.", nameof(signer));
    }

    /// <summary>Whether the signature is that key's; false for whatever goes wrong.</summary>
    internal static bool Verify(ECDsa key, string kind, ReadOnlySpan<byte> body, ReadOnlySpan<byte> signature)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (signature.Length != Size) return false;
        try
        {
            return key.VerifyData(Input(kind, body), signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static byte[] Input(string kind, ReadOnlySpan<byte> body)
    {
        var prefix = System.Text.Encoding.ASCII.GetBytes($"p2pshare/1 {kind}\0");
        var input = new byte[prefix.Length + body.Length];
        prefix.CopyTo(input, 0);
        body.CopyTo(input.AsSpan(prefix.Length));
        return input;
    }
}
