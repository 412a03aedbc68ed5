namespace P2PShare.Engine.Transport;

/// <summary>A TLS handshake failed. Thrown as such to the accepting side; to the dialling side as the cause of a PeerRefused error.</summary>
public sealed class TlsRefusedException(TlsRefusal refusal, Exception? innerException = null) : Exception(refusal.Text, innerException)
{
    public TlsRefusal Refusal { get; } = refusal;
}
