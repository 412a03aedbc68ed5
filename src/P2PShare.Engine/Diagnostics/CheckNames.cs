namespace P2PShare.Engine.Diagnostics;

/// <summary>The names of the checks. Scripts compare against them, so a name once released never changes.</summary>
public static class CheckNames
{
    /// <summary>Mutual TLS 1.3, with oneself over loopback.</summary>
    public const string Tls13 = nameof(Tls13);

    /// <summary>The ends of the certificates in the swarm file.</summary>
    public const string Certificate = nameof(Certificate);

    /// <summary>The TCP port to listen on.</summary>
    public const string Port = nameof(Port);

    /// <summary>Rules of Windows' firewall that block the host program.</summary>
    public const string Firewall = nameof(Firewall);

    /// <summary>Multicast, by which peers of one network find each other.</summary>
    public const string Multicast = nameof(Multicast);

    /// <summary>Room on disk.</summary>
    public const string DiskSpace = nameof(DiskSpace);

    /// <summary>Whether the peer is in the swarm.</summary>
    public const string Membership = nameof(Membership);

    /// <summary>Whether a member can dial this peer.</summary>
    public const string DialBack = nameof(DialBack);

    /// <summary>This machine's clock against a member's.</summary>
    public const string Clock = nameof(Clock);

    /// <summary>One address that this peer knows.</summary>
    public const string KnownAddress = nameof(KnownAddress);
}
