using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>What became of offered shares: the answer to <see cref="Offer"/>, sent again whenever something else becomes of one.</summary>
/// <param name="Replies">1 to 100.</param>
public sealed record OfferAnswer(IReadOnlyList<OfferReply> Replies) : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.OfferAnswer;

    /// <exception cref="MembershipException"/>
    public static OfferAnswer Parse(ReadOnlySpan<byte> payload)
    {
        var replies = MembershipFields.Parse(payload).List("replies"u8, MembershipLimits.MaxOffers, OfferReply.Read);
        if (replies.Count == 0) throw new MembershipException(MembershipErrorKind.InvalidValue, "An answer to nothing.");
        return new OfferAnswer(replies);
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        ArgumentOutOfRangeException.ThrowIfZero(Replies.Count, nameof(Replies));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Replies.Count, MembershipLimits.MaxOffers, nameof(Replies));
        writer.WriteKey("replies"u8);
        writer.WriteListStart();
        foreach (var reply in Replies) reply.Write(writer);
        writer.WriteEnd();
    }
}
