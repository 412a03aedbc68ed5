using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>A member leaves the swarm: the coordinator takes it off the roster at once, without waiting for its link to end.</summary>
public sealed record Leave : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Leave;

    /// <exception cref="MembershipException"/>
    public static Leave Parse(ReadOnlySpan<byte> payload)
    {
        MembershipFields.Parse(payload);
        return new Leave();
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
    }
}
