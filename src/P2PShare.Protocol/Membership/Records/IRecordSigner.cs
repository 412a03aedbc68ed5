namespace P2PShare.Protocol.Membership.Records;

/// <summary>A private key, wherever it lives.</summary>
public interface IRecordSigner
{
    /// <summary>Signs with ECDSA P-256 over SHA-256 and returns the 64 bytes r ‖ s (IEEE P1363).</summary>
    byte[] Sign(ReadOnlySpan<byte> data);
}
