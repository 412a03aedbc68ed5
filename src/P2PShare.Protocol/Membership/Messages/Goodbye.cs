using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>The last frame of a link.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Text">For people; cut to 512 bytes when written.</param>
public sealed record Goodbye(GoodbyeReason Reason, string Text = "") : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Goodbye;

    /// <exception cref="MembershipException"/>
    public static Goodbye Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new Goodbye(Reasons.Read<GoodbyeReason>(fields), Reasons.Text(fields));
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        writer.Field("reason"u8, (int)Reason);
        writer.Message("text"u8, Text);
    }
}
