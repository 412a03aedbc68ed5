using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>Asks another member whether it has lost the coordinator too, and answers that question.</summary>
/// <param name="Coordinator">Who is lost, or not.</param>
/// <param name="Term">The term of its reign, from 1.</param>
/// <param name="Finding">What the sender says of it.</param>
public sealed record ConfirmCoordinator(PeerId Coordinator, long Term, CoordinatorFinding Finding) : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.ConfirmCoordinator;

    /// <exception cref="MembershipException"/>
    public static ConfirmCoordinator Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new ConfirmCoordinator(
            fields.Peer("coordinator"u8), fields.Number("term"u8, min: 1), (CoordinatorFinding)fields.Integer("finding"u8, 0, byte.MaxValue));
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        writer.Field("coordinator"u8, Coordinator);
        writer.Field("finding"u8, (int)Finding);
        writer.Number("term"u8, Term, min: 1);
    }
}
