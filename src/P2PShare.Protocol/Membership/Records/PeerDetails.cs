using System.Net;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>What a peer record says.</summary>
public sealed record PeerDetails
{
    /// <summary>The name the peer goes by, 1 to 255 bytes of UTF-8. With a grant, the granted one.</summary>
    public required string Name { get; init; }

    /// <summary>Where it may be reached, best first, at most 32.</summary>
    public IReadOnlyList<IPEndPoint> Addresses { get; init; } = [];

    public PeerRoles Roles { get; init; }

    /// <summary>Free bytes where it keeps what it receives; -1 when it does not say.</summary>
    public long FreeSpace { get; init; } = -1;

    /// <summary>Name and version of the software, at most 64 bytes.</summary>
    public string Software { get; init; } = "";

    /// <summary>The root's word for name and role, if the peer has one; not verified by parsing.</summary>
    public NameGrant? Grant { get; init; }
}
