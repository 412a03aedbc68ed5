using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>
/// Offers shares that the sender published to the receiver of the message: pointers to share records, which must be known
/// and genuine before anything is done. Every one is answered (<see cref="OfferAnswer"/>); offering one again does no harm.
/// </summary>
/// <param name="Shares">1 to 100.</param>
public sealed record Offer(IReadOnlyList<OfferedShare> Shares) : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Offer;

    /// <exception cref="MembershipException"/>
    public static Offer Parse(ReadOnlySpan<byte> payload)
    {
        var shares = MembershipFields.Parse(payload).List("shares"u8, MembershipLimits.MaxOffers, OfferedShare.Read);
        if (shares.Count == 0) throw new MembershipException(MembershipErrorKind.InvalidValue, "An offer of nothing.");
        return new Offer(shares);
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        ArgumentOutOfRangeException.ThrowIfZero(Shares.Count, nameof(Shares));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Shares.Count, MembershipLimits.MaxOffers, nameof(Shares));
        writer.WriteKey("shares"u8);
        writer.WriteListStart();
        foreach (var share in Shares) share.Write(writer);
        writer.WriteEnd();
    }
}
