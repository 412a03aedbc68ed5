using System.Text;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;

namespace P2PShare.Protocol.Tests.Membership.Messages;

public sealed class OfferTests
{
    private static readonly string Hash = new('h', 32);

    [Fact]
    public void Is_a_list_of_pointers_and_no_more() => Assert.Equal(
        "d6:sharesld9:info-hash32:" + Encoding.Latin1.GetString(TestPeer.Share(1).Value.ToArray()) + "4:name1:xeee",
        Encoding.Latin1.GetString(MembershipCodec.Encode(new Offer([new OfferedShare(TestPeer.Share(1), "x")]))));

    [Theory]
    [InlineData("le", MembershipErrorKind.InvalidValue)]
    [InlineData("ldee", MembershipErrorKind.MissingKey)]
    [InlineData("ld9:info-hash32:hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh4:name0:ee", MembershipErrorKind.InvalidValue)]
    [InlineData("ld9:info-hash31:hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh4:name1:xee", MembershipErrorKind.InvalidValue)]
    [InlineData("ld9:info-hash32:hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh4:name2:\u00ff\u00feee", MembershipErrorKind.InvalidValue)]
    [InlineData("ld4:name1:x9:info-hash32:hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhee", MembershipErrorKind.Malformed)]
    [InlineData("li1ee", MembershipErrorKind.Malformed)]
    public void Refuses_what_points_to_nothing(string shares, MembershipErrorKind kind) =>
        Assert.Equal(kind, Refused(MembershipMessageType.Offer, $"d6:shares{shares}e"));

    [Fact]
    public void Refuses_more_than_a_hundred_shares_or_a_name_that_is_too_long()
    {
        var item = $"d9:info-hash32:{Hash}4:name1:xe";
        Assert.Equal(MembershipErrorKind.TooMany, Refused(MembershipMessageType.Offer, $"d6:sharesl{string.Concat(Enumerable.Repeat(item, 101))}ee"));
        Assert.Equal(MembershipErrorKind.InvalidValue, Refused(MembershipMessageType.Offer, $"d6:sharesld9:info-hash32:{Hash}4:name256:{new string('x', 256)}eee"));
        Assert.Equal(MembershipErrorKind.InvalidValue, Refused(MembershipMessageType.OfferAnswer, "d7:replieslee"));
        Assert.ThrowsAny<ArgumentException>(() => MembershipCodec.Encode(new Offer([])));
        Assert.ThrowsAny<ArgumentException>(() => MembershipCodec.Encode(new Offer([.. Enumerable.Range(0, 101).Select(number => new OfferedShare(TestPeer.Share(number), "x"))])));
        Assert.ThrowsAny<ArgumentException>(() => MembershipCodec.Encode(new Offer([new OfferedShare(TestPeer.Share(1), "")])));
        Assert.ThrowsAny<ArgumentException>(() => MembershipCodec.Encode(new OfferAnswer([])));
    }

    [Fact]
    public void An_outcome_of_a_later_version_is_other_and_its_text_may_be_left_out()
    {
        var payload = Encoding.Latin1.GetBytes($"d7:repliesld9:info-hash32:{Hash}4:name1:x7:outcomei99eeee");
        Assert.True(MembershipCodec.TryDecode(MembershipMessageType.OfferAnswer, payload, out var message));
        var reply = Assert.Single(Assert.IsType<OfferAnswer>(message).Replies);
        Assert.Equal((OfferOutcome.Other, ""), (reply.Outcome, reply.Text));
    }

    [Fact]
    public void The_largest_messages_fit_in_a_frame()
    {
        var name = new string('ä', 127);
        var shares = Enumerable.Range(0, MembershipLimits.MaxOffers).Select(number => new OfferedShare(TestPeer.Share(number), name)).ToList();
        Assert.True(MembershipCodec.Encode(new Offer(shares)).Length < MembershipLimits.MaxPage);
        var answer = new OfferAnswer([.. shares.Select(share => new OfferReply(share, OfferOutcome.Failed, new string('x', 600)))]);
        Assert.True(MembershipCodec.Encode(answer).Length < MembershipLimits.MaxPage);
    }

    private static MembershipErrorKind Refused(MembershipMessageType type, string payload) =>
        Assert.Throws<MembershipException>(() => MembershipCodec.TryDecode(type, Encoding.Latin1.GetBytes(payload), out _)).Kind;
}
