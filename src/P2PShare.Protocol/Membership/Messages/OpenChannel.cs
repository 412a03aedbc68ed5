using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>Opens a channel for a share: the dialler takes odd numbers, the acceptor even ones, each number once in a link's life. Nothing is sent on it before it was opened.</summary>
/// <param name="Channel">The channel, from 1.</param>
/// <param name="InfoHash">The share, by its whole v2 info-hash.</param>
public sealed record OpenChannel(uint Channel, InfoHash InfoHash) : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.OpenChannel;

    /// <exception cref="MembershipException"/>
    public static OpenChannel Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new OpenChannel(ReadChannel(fields), new InfoHash(fields.Hash("info-hash"u8)));
    }

    internal static uint ReadChannel(MembershipFields fields) => (uint)fields.Integer("channel"u8, 1, uint.MaxValue);

    internal static void WriteChannel(BencodeWriter writer, uint channel)
    {
        ArgumentOutOfRangeException.ThrowIfZero(channel);
        writer.Field("channel"u8, channel);
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        WriteChannel(writer, Channel);
        writer.Field("info-hash"u8, InfoHash.Value);
    }
}
