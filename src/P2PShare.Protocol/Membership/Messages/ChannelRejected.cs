using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>The receiver of open channel does not want it; the number is not used again.</summary>
/// <param name="Channel">The channel, from 1.</param>
/// <param name="Reason">Why.</param>
/// <param name="Text">For people; cut to 512 bytes when written.</param>
public sealed record ChannelRejected(uint Channel, ChannelReason Reason, string Text = "") : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.ChannelRejected;

    /// <exception cref="MembershipException"/>
    public static ChannelRejected Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new ChannelRejected(OpenChannel.ReadChannel(fields), Reasons.Read<ChannelReason>(fields), Reasons.Text(fields));
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        OpenChannel.WriteChannel(writer, Channel);
        writer.Field("reason"u8, (int)Reason);
        writer.Message("text"u8, Text);
    }
}
