using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>The receiver of open channel takes part; the channel now carries the messages of BEP 3, 6, 9, 10 and 52.</summary>
/// <param name="Channel">The channel, from 1.</param>
public sealed record ChannelOpened(uint Channel) : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.ChannelOpened;

    /// <exception cref="MembershipException"/>
    public static ChannelOpened Parse(ReadOnlySpan<byte> payload) => new(OpenChannel.ReadChannel(MembershipFields.Parse(payload)));

    private protected override void WriteFields(BencodeWriter writer) => OpenChannel.WriteChannel(writer, Channel);
}
