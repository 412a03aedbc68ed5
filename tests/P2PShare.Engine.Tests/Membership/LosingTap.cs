using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Membership;

/// <summary>Loses messages of one type that come to a member, as those are lost that were on their way when a link ended.</summary>
internal sealed class LosingTap(ITransportEvents target, MembershipMessageType type) : ITransportEvents
{
    private int _lost;

    /// <summary>Whether messages are lost now.</summary>
    public volatile bool Loses;

    public int Lost => Volatile.Read(ref _lost);

    public void OnMembershipMessage(Link link, MembershipMessageType messageType, ReadOnlySpan<byte> payload)
    {
        if (Loses && messageType == type) Interlocked.Increment(ref _lost);
        else target.OnMembershipMessage(link, messageType, payload);
    }

    public void OnLinkUp(Link link) => target.OnLinkUp(link);

    public void OnLinkDown(Link link, string reason, bool wasPrimary) => target.OnLinkDown(link, reason, wasPrimary);

    public void OnRefused(string address, string reason, bool incoming) => target.OnRefused(address, reason, incoming);

    public IReadOnlyList<string> AddressesOf(PeerId peer) => target.AddressesOf(peer);

    public string NameOf(PeerId peer) => target.NameOf(peer);

    public bool TryRequestCallBack(PeerId peer) => target.TryRequestCallBack(peer);
}
