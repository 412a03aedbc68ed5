using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Membership;

/// <summary>How membership messages to and from a peer travel: on the link to it, or through a member that relays them.</summary>
/// <param name="Peer">Who is at the end.</param>
/// <param name="Carrier">The link they travel on here.</param>
internal readonly record struct Route(PeerId Peer, Link Carrier)
{
    public bool IsDirect => Carrier.Remote == Peer;

    public bool IsClosed => Carrier.IsClosed;

    public static Route Direct(Link link) => new(link.Remote, link);
}
