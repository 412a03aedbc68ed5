using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Membership;

/// <summary>Sees what comes in to a member before its membership does, and passes it on.</summary>
internal abstract class EventsTap(ITransportEvents target) : ITransportEvents
{
    public virtual void OnMembershipMessage(Link link, MembershipMessageType type, ReadOnlySpan<byte> payload) => target.OnMembershipMessage(link, type, payload);

    public void OnLinkUp(Link link) => target.OnLinkUp(link);

    public void OnLinkDown(Link link, string reason, bool wasPrimary) => target.OnLinkDown(link, reason, wasPrimary);

    public void OnRefused(string address, string reason, bool incoming) => target.OnRefused(address, reason, incoming);

    public IReadOnlyList<string> AddressesOf(PeerId peer) => target.AddressesOf(peer);

    public string NameOf(PeerId peer) => target.NameOf(peer);

    public bool TryRequestCallBack(PeerId peer) => target.TryRequestCallBack(peer);
}
