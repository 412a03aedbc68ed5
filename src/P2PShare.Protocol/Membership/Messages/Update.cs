using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>What changed since the update before, from the coordinator to every member: all changes of about 50 ms in one message.</summary>
public sealed record Update : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Update;

    public required long Term { get; init; }

    /// <summary>Counts the updates of a term, from 1. A member that misses one joins again.</summary>
    public required long Sequence { get; init; }

    /// <summary>Entries that are new or newer.</summary>
    public IReadOnlyList<SignedEntry> Entries { get; init; } = [];

    /// <summary>Peers that joined, left, or became dialable or not.</summary>
    public IReadOnlyList<RosterEntry> Roster { get; init; } = [];

    /// <exception cref="MembershipException"/>
    public static Update Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new Update
        {
            Entries = EntryLists.ReadEntries(fields),
            Roster = EntryLists.ReadRoster(fields),
            Sequence = fields.Number("sequence"u8, min: 1),
            Term = fields.Number("term"u8, min: 1),
        };
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        EntryLists.WriteEntries(writer, Entries);
        EntryLists.WriteRoster(writer, Roster);
        writer.Number("sequence"u8, Sequence, min: 1);
        writer.Number("term"u8, Term, min: 1);
    }
}
