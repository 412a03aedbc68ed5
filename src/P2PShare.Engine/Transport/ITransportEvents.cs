using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Transport;

/// <summary>What the transport tells the membership. Called from many threads; must not block.</summary>
internal interface ITransportEvents
{
    /// <summary>A link is up and is the one to its peer; messages follow.</summary>
    void OnLinkUp(Link link);

    /// <summary>A link has ended; <paramref name="wasPrimary"/> tells whether it was the one to its peer.</summary>
    void OnLinkDown(Link link, string reason, bool wasPrimary);

    /// <summary>A membership message other than those the transport handles itself.</summary>
    void OnMembershipMessage(Link link, MembershipMessageType type, ReadOnlySpan<byte> payload);

    /// <summary>A connection was refused, here (<paramref name="incoming"/>) or by the other end.</summary>
    void OnRefused(string address, string reason, bool incoming);

    /// <summary>Where a peer says it can be dialled, best first, as "address:port".</summary>
    IReadOnlyList<string> AddressesOf(PeerId peer);

    /// <summary>What a peer is called.</summary>
    string NameOf(PeerId peer);

    /// <summary>Asks a peer that cannot be dialled from here, by way of others, to dial this one.</summary>
    /// <returns>False when there is nobody to ask.</returns>
    bool TryRequestCallBack(PeerId peer);
}
