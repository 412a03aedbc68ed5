using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>
/// How far peers are with a share: from a member to the coordinator, one item about itself; from the coordinator to who
/// watches, what changed since the message before. Peers that hold all of it stand in the catalogue and need no item.
/// </summary>
public sealed record Progress : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Progress;

    public required InfoHash InfoHash { get; init; }

    /// <summary>At most <see cref="MembershipLimits.MaxProgressItems"/>, each peer once.</summary>
    public required IReadOnlyList<ProgressItem> Items { get; init; }

    /// <summary>Whether it begins anew: what the receiver was told before counts no more.</summary>
    public bool IsFirst { get; init; }

    /// <summary>Whether the sender has nothing more to tell at the moment.</summary>
    public bool IsLast { get; init; }

    /// <exception cref="MembershipException"/>
    public static Progress Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new Progress
        {
            IsFirst = fields.Flag("first"u8),
            InfoHash = new InfoHash(fields.Hash("info-hash"u8)),
            Items = ProgressItem.Unpack(fields.Bytes("items"u8, 0, MembershipLimits.MaxProgressItems * ProgressItem.Size)),
            IsLast = fields.Flag("last"u8),
        };
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        writer.Flag("first"u8, IsFirst);
        writer.Field("info-hash"u8, InfoHash.Value);
        writer.Field("items"u8, ProgressItem.Pack(Items));
        writer.Flag("last"u8, IsLast);
    }
}
