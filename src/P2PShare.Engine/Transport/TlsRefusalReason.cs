namespace P2PShare.Engine.Transport;

/// <summary>Why a TLS handshake failed.</summary>
public enum TlsRefusalReason
{
    Other,

    /// <summary>The other side showed no certificate.</summary>
    NoCertificate,

    /// <summary>Its certificate was not signed by this swarm: another swarm's, self-signed, forged.</summary>
    UntrustedIssuer,

    Expired,
    NotYetValid,

    /// <summary>It showed a certificate authority's certificate, such as the join issuer's.</summary>
    CaAsLeaf,

    /// <summary>Signed by this swarm, but not a peer's: usage, names, or kind of key.</summary>
    WrongCertificate,

    /// <summary>It named another swarm.</summary>
    WrongSni,

    /// <summary>It named no swarm.</summary>
    NoSni,

    /// <summary>It does not speak this protocol (ALPN p2pshare/1).</summary>
    NoAlpn,

    /// <summary>It offered no TLS 1.3.</summary>
    OldTls,

    /// <summary>What it sent was not TLS.</summary>
    NotTls,

    /// <summary>It did not finish the handshake in time.</summary>
    TimedOut,

    /// <summary>It closed the connection.</summary>
    Closed,
}
