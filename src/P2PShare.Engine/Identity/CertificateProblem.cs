namespace P2PShare.Engine.Identity;

/// <summary>Why somebody's certificate is not one of the swarm's leaves.</summary>
public enum CertificateProblem
{
    None,

    /// <summary>Neither the swarm's root nor one of its join issuers signed it.</summary>
    Untrusted,

    Expired,
    NotYetValid,

    /// <summary>A certificate authority's certificate where a peer's belongs.</summary>
    CertificateAuthority,

    /// <summary>Key usage or extended key usage is not that of a peer.</summary>
    WrongUsage,

    /// <summary>Its names are not `*` and the swarm id.</summary>
    WrongName,

    /// <summary>Its key is not ECDSA P-256.</summary>
    WrongKey,

    /// <summary>It is no certificate, or one that cannot be read.</summary>
    Malformed,
}
