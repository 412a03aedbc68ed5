using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>A member brings its own entries, new or newer, to the coordinator. Everybody, the sender included, hears of them in an update.</summary>
public sealed record Publish(IReadOnlyList<SignedEntry> Entries) : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Publish;

    /// <exception cref="MembershipException"/>
    public static Publish Parse(ReadOnlySpan<byte> payload) => new(EntryLists.ReadEntries(MembershipFields.Parse(payload)));

    private protected override void WriteFields(BencodeWriter writer) => EntryLists.WriteEntries(writer, Entries);
}
