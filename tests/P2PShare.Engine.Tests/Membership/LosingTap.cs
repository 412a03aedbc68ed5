using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Membership;

/// <summary>Loses messages of one type that come to a member, as those are lost that were on their way when a link ended.</summary>
internal sealed class LosingTap(ITransportEvents target, MembershipMessageType type) : EventsTap(target)
{
    private int _lost;

    /// <summary>Whether messages are lost now.</summary>
    public volatile bool Loses;

    public int Lost => Volatile.Read(ref _lost);

    public override void OnMembershipMessage(Link link, MembershipMessageType messageType, ReadOnlySpan<byte> payload)
    {
        if (Loses && messageType == type) Interlocked.Increment(ref _lost);
        else base.OnMembershipMessage(link, messageType, payload);
    }
}
