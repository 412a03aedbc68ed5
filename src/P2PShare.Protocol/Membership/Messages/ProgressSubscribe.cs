using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>
/// Asks for progress on a share for some time: a watcher asks its coordinator for everybody's, the coordinator asks each
/// member for its own. Asked again before the time is over, it goes on; not asked again, it ends by itself.
/// </summary>
/// <param name="InfoHash">The share.</param>
/// <param name="LeaseSeconds">For how long: 1 to <see cref="MembershipLimits.MaxProgressLease"/> seconds; 0 ends it now.</param>
public sealed record ProgressSubscribe(InfoHash InfoHash, int LeaseSeconds) : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.ProgressSubscribe;

    /// <exception cref="MembershipException"/>
    public static ProgressSubscribe Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new ProgressSubscribe(new InfoHash(fields.Hash("info-hash"u8)), (int)fields.Integer("lease"u8, 0, MembershipLimits.MaxProgressLease));
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(LeaseSeconds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(LeaseSeconds, MembershipLimits.MaxProgressLease);
        writer.Field("info-hash"u8, InfoHash.Value);
        writer.Field("lease"u8, LeaseSeconds);
    }
}
