using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>
/// Part of the state a joiner is sent, at most 256 KiB: the whole roster and the entries of the buckets in which the digests
/// differ. There is always at least one page; the last says so.
/// </summary>
public sealed record SnapshotPage : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.SnapshotPage;

    public required long Term { get; init; }

    /// <summary>The update after which the snapshot was taken: the next one is this + 1.</summary>
    public required long Sequence { get; init; }

    /// <summary>The page's number, from 0, without gaps.</summary>
    public required int Page { get; init; }

    public required bool IsLast { get; init; }

    public IReadOnlyList<SignedEntry> Entries { get; init; } = [];

    public IReadOnlyList<RosterEntry> Roster { get; init; } = [];

    /// <exception cref="MembershipException"/>
    public static SnapshotPage Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new SnapshotPage
        {
            Entries = EntryLists.ReadEntries(fields),
            IsLast = fields.Flag("last"u8),
            Page = (int)fields.Integer("page"u8, 0, int.MaxValue),
            Roster = EntryLists.ReadRoster(fields),
            Sequence = fields.Number("sequence"u8),
            Term = fields.Number("term"u8, min: 1),
        };
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Page);
        EntryLists.WriteEntries(writer, Entries);
        writer.Flag("last"u8, IsLast);
        writer.Field("page"u8, Page);
        EntryLists.WriteRoster(writer, Roster);
        writer.Number("sequence"u8, Sequence);
        writer.Number("term"u8, Term, min: 1);
    }
}
