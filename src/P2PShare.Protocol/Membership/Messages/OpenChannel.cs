using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>Opens a channel for a share: the dialler takes odd numbers, the acceptor even ones, each number once in a link's life. Nothing is sent on it before it was opened.</summary>
/// <param name="Channel">The channel, from 1.</param>
/// <param name="InfoHash">The share, by its whole v2 info-hash.</param>
/// <param name="Wish">What the opener would like to follow the answer unasked.</param>
public sealed record OpenChannel(uint Channel, InfoHash InfoHash, ChannelExtras Wish = ChannelExtras.None) : MembershipMessage
{
    private const ChannelExtras KnownExtras = ChannelExtras.Info | ChannelExtras.Attributes | ChannelExtras.PieceLayers | ChannelExtras.Interest;

    public override MembershipMessageType Type => MembershipMessageType.OpenChannel;

    /// <exception cref="MembershipException"/>
    public static OpenChannel Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new OpenChannel(ReadChannel(fields), new InfoHash(fields.Hash("info-hash"u8)), ReadExtras(fields, "wish"u8));
    }

    internal static uint ReadChannel(MembershipFields fields) => (uint)fields.Integer("channel"u8, 1, uint.MaxValue);

    internal static ChannelExtras ReadExtras(MembershipFields fields, ReadOnlySpan<byte> key) =>
        (ChannelExtras)(fields.Integer(key, 0, MembershipLimits.MaxNumber, 0) & (long)KnownExtras);

    internal static void WriteExtras(BencodeWriter writer, ReadOnlySpan<byte> key, ChannelExtras extras)
    {
        if (extras != ChannelExtras.None) writer.Field(key, (long)extras);
    }

    internal static void WriteChannel(BencodeWriter writer, uint channel)
    {
        ArgumentOutOfRangeException.ThrowIfZero(channel);
        writer.Field("channel"u8, channel);
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        WriteChannel(writer, Channel);
        writer.Field("info-hash"u8, InfoHash.Value);
        WriteExtras(writer, "wish"u8, Wish);
    }
}
