using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Membership;

/// <summary>What became of one offered share.</summary>
/// <param name="Share">Which one, as it was offered.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Text">For people; cut to 512 bytes when written.</param>
public readonly record struct OfferReply(OfferedShare Share, OfferOutcome Outcome, string Text = "")
{
    internal void Write(BencodeWriter writer)
    {
        writer.WriteDictionaryStart();
        writer.Field("info-hash"u8, Share.InfoHash.Value);
        writer.Text("name"u8, Share.Name, MembershipLimits.MaxName, minLength: 1);
        writer.Field("outcome"u8, (int)Outcome);
        writer.Message("text"u8, Text);
        writer.WriteEnd();
    }

    internal static OfferReply Read(ref BencodeReader reader)
    {
        var fields = MembershipFields.Parse(reader.ReadRawValue());
        var share = new OfferedShare(new InfoHash(fields.Hash("info-hash"u8)), fields.Text("name"u8, 1, MembershipLimits.MaxName));
        var number = fields.Integer("outcome"u8, 0, int.MaxValue);
        var outcome = number <= (int)OfferOutcome.Complete ? (OfferOutcome)number : OfferOutcome.Other;
        return new OfferReply(share, outcome, Reasons.Text(fields));
    }
}
