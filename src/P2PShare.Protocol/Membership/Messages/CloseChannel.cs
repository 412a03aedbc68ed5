using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>Either side ends a channel; it sends nothing more on it, and frames that still come on it are ignored until the other side has closed it too. The number is not used again.</summary>
/// <param name="Channel">The channel, from 1.</param>
/// <param name="Reason">Why.</param>
/// <param name="Text">For people; cut to 512 bytes when written.</param>
public sealed record CloseChannel(uint Channel, ChannelReason Reason, string Text = "") : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.CloseChannel;

    /// <exception cref="MembershipException"/>
    public static CloseChannel Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new CloseChannel(OpenChannel.ReadChannel(fields), Reasons.Read<ChannelReason>(fields), Reasons.Text(fields));
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        OpenChannel.WriteChannel(writer, Channel);
        writer.Field("reason"u8, (int)Reason);
        writer.Message("text"u8, Text);
    }
}
