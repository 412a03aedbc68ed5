using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>A deputy tells every peer it has a link to that it coordinates from now on, because the coordinator is lost.</summary>
/// <param name="Previous">Who coordinated before.</param>
/// <param name="Term">The new reign's term, from 2: higher than the one that has ended.</param>
public sealed record TakeOver(PeerId Previous, long Term) : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.TakeOver;

    /// <exception cref="MembershipException"/>
    public static TakeOver Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new TakeOver(fields.Peer("previous"u8), fields.Number("term"u8, min: 2));
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        writer.Field("previous"u8, Previous);
        writer.Number("term"u8, Term, min: 2);
    }
}
