using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>The lists that snapshot pages, updates and publications have in common. An empty list is left out.</summary>
internal static class EntryLists
{
    public static void WriteEntries(BencodeWriter writer, IReadOnlyList<SignedEntry> entries)
    {
        if (entries.Count == 0) return;
        writer.WriteKey("entries"u8);
        writer.WriteListStart();
        foreach (var entry in entries) entry.Write(writer);
        writer.WriteEnd();
    }

    public static void WriteRoster(BencodeWriter writer, IReadOnlyList<RosterEntry> roster)
    {
        if (roster.Count == 0) return;
        writer.WriteKey("roster"u8);
        writer.WriteListStart();
        foreach (var entry in roster) entry.Write(writer);
        writer.WriteEnd();
    }

    public static IReadOnlyList<SignedEntry> ReadEntries(MembershipFields fields) =>
        fields.Has("entries"u8) ? fields.List("entries"u8, int.MaxValue, static (ref reader) => SignedEntry.Parse(reader.ReadRawValue())) : [];

    public static IReadOnlyList<RosterEntry> ReadRoster(MembershipFields fields) =>
        fields.Has("roster"u8) ? fields.List("roster"u8, int.MaxValue, RosterEntry.Read) : [];
}
