using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>A member tells the coordinator that it cannot dial a deputy.</summary>
/// <param name="Deputy">Which.</param>
public sealed record Unreachable(PeerId Deputy) : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Unreachable;

    /// <exception cref="MembershipException"/>
    public static Unreachable Parse(ReadOnlySpan<byte> payload) => new(MembershipFields.Parse(payload).Peer("peer"u8));

    private protected override void WriteFields(BencodeWriter writer) => writer.Field("peer"u8, Deputy);
}
