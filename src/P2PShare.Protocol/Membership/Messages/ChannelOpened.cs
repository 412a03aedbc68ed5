using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>The receiver of open channel takes part; the channel now carries the messages of BEP 3, 6, 9, 10 and 52.</summary>
/// <param name="Channel">The channel, from 1.</param>
/// <param name="Follows">What of the opener's wishes follows unasked; never more than was wished for.</param>
public sealed record ChannelOpened(uint Channel, ChannelExtras Follows = ChannelExtras.None) : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.ChannelOpened;

    /// <exception cref="MembershipException"/>
    public static ChannelOpened Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new ChannelOpened(OpenChannel.ReadChannel(fields), OpenChannel.ReadExtras(fields, "follows"u8));
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        OpenChannel.WriteChannel(writer, Channel);
        OpenChannel.WriteExtras(writer, "follows"u8, Follows);
    }
}
