using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transport;

/// <summary>What a <see cref="Link"/> needs of the transport it belongs to.</summary>
internal interface ILinkHost
{
    string NameOf(PeerId peer);

    IChannelHandler? AcceptChannel(PeerId peer, InfoHash share);

    void OnMembershipMessage(Link link, MembershipMessageType type, ReadOnlySpan<byte> payload);

    void OnLinkEnded(Link link, string reason);
}
