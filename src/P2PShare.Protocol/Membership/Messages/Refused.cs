using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>The acceptor's first and last frame, instead of welcome. It is sent to members alone: strangers fail in the TLS handshake and read nothing.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Text">For people; cut to 512 bytes when written.</param>
public sealed record Refused(RefusalReason Reason, string Text = "") : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Refused;

    /// <exception cref="MembershipException"/>
    public static Refused Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new Refused(Reasons.Read<RefusalReason>(fields), Reasons.Text(fields));
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        writer.Field("reason"u8, (int)Reason);
        writer.Message("text"u8, Text);
    }
}
