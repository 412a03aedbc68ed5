namespace P2PShare.Engine.Identity;

/// <summary>What the key in a swarm's PEM file may do.</summary>
public enum SwarmAuthority
{
    /// <summary>The file holds certificates alone.</summary>
    None,

    /// <summary>NAME.admin.pem: the root's key. Stays with the administrator.</summary>
    Admin,

    /// <summary>NAME.swarm.pem: the join issuer's key, with which a machine signs its own member leaf.</summary>
    Join,

    /// <summary>A named leaf for one machine (New-P2PPeerCertificate).</summary>
    Peer,
}
