using System.Collections.Concurrent;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Membership.Watching;

/// <summary>Counts the bytes of messages about progress that a member is sent, frames included.</summary>
internal sealed class TrafficTap(ITransportEvents target) : ITransportEvents
{
    private const int FrameAndType = 9;

    private readonly ConcurrentDictionary<(PeerId From, MembershipMessageType Type), long> _bytes = new();

    /// <summary>Requests and reports, from everybody.</summary>
    public long Total => _bytes.Values.Sum();

    public long BytesFrom(PeerId peer, MembershipMessageType type) => _bytes.GetValueOrDefault((peer, type));

    public void OnMembershipMessage(Link link, MembershipMessageType type, ReadOnlySpan<byte> payload)
    {
        if (type is MembershipMessageType.Progress or MembershipMessageType.ProgressSubscribe)
        {
            var length = payload.Length + FrameAndType;
            _bytes.AddOrUpdate((link.Remote, type), length, (_, before) => before + length);
        }

        target.OnMembershipMessage(link, type, payload);
    }

    public void OnLinkUp(Link link) => target.OnLinkUp(link);

    public void OnLinkDown(Link link, string reason, bool wasPrimary) => target.OnLinkDown(link, reason, wasPrimary);

    public void OnRefused(string address, string reason, bool incoming) => target.OnRefused(address, reason, incoming);

    public IReadOnlyList<string> AddressesOf(PeerId peer) => target.AddressesOf(peer);

    public string NameOf(PeerId peer) => target.NameOf(peer);

    public bool TryRequestCallBack(PeerId peer) => target.TryRequestCallBack(peer);
}
