using System.Collections.Concurrent;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Membership.Watching;

/// <summary>Counts the bytes of messages about progress that a member is sent, frames included.</summary>
internal sealed class TrafficTap(ITransportEvents target) : EventsTap(target)
{
    private const int FrameAndType = 9;

    private readonly ConcurrentDictionary<(PeerId From, MembershipMessageType Type), long> _bytes = new();

    /// <summary>Requests and reports, from everybody.</summary>
    public long Total => _bytes.Values.Sum();

    public long BytesFrom(PeerId peer, MembershipMessageType type) => _bytes.GetValueOrDefault((peer, type));

    public override void OnMembershipMessage(Link link, MembershipMessageType type, ReadOnlySpan<byte> payload)
    {
        if (type is MembershipMessageType.Progress or MembershipMessageType.ProgressSubscribe)
        {
            var length = payload.Length + FrameAndType;
            _bytes.AddOrUpdate((link.Remote, type), length, (_, before) => before + length);
        }

        base.OnMembershipMessage(link, type, payload);
    }
}
