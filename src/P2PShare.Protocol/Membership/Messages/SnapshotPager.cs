using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>Splits what is too long for one message, so that none is longer than <see cref="MembershipLimits.MaxPage"/>.</summary>
public static class SnapshotPager
{
    // Keys, numbers and the ends of lists of any of the three messages.
    private const int Overhead = 256;

    /// <summary>The pages of a snapshot: roster first, then entries, in the order given; at least one page.</summary>
    public static IEnumerable<SnapshotPage> Snapshot(long term, long sequence, IEnumerable<RosterEntry> roster, IEnumerable<SignedEntry> entries)
    {
        Batch? waiting = null;
        var page = 0;
        foreach (var batch in Split(roster, entries))
        {
            if (waiting is not null) yield return Page(waiting, isLast: false);
            waiting = batch;
        }

        yield return Page(waiting ?? new Batch(), isLast: true);

        SnapshotPage Page(Batch batch, bool isLast) => new()
        {
            Term = term,
            Sequence = sequence,
            Page = page++,
            IsLast = isLast,
            Entries = batch.Entries,
            Roster = batch.Roster,
        };
    }

    /// <summary>Updates with consecutive sequence numbers; none if nothing changed.</summary>
    public static IEnumerable<Update> Updates(long term, long firstSequence, IEnumerable<RosterEntry> roster, IEnumerable<SignedEntry> entries) =>
        Split(roster, entries).Select((batch, index) => new Update
        {
            Term = term,
            Sequence = firstSequence + index,
            Entries = batch.Entries,
            Roster = batch.Roster,
        });

    /// <summary>Publications; none if there is nothing to publish.</summary>
    public static IEnumerable<Publish> Publications(IEnumerable<SignedEntry> entries) =>
        Split([], entries).Select(batch => new Publish(batch.Entries));

    private static IEnumerable<Batch> Split(IEnumerable<RosterEntry> roster, IEnumerable<SignedEntry> entries)
    {
        var batch = new Batch();
        var size = Overhead;
        foreach (var entry in roster)
        {
            if (size + RosterEntry.MaxEncodedSize > MembershipLimits.MaxPage)
            {
                yield return batch;
                (batch, size) = (new Batch(), Overhead);
            }

            batch.Roster.Add(entry);
            size += RosterEntry.MaxEncodedSize;
        }

        foreach (var entry in entries)
        {
            if (size + entry.EncodedSize > MembershipLimits.MaxPage)
            {
                yield return batch;
                (batch, size) = (new Batch(), Overhead);
            }

            batch.Entries.Add(entry);
            size += entry.EncodedSize;
        }

        if (size > Overhead) yield return batch;
    }

    private sealed class Batch
    {
        public List<RosterEntry> Roster { get; } = [];

        public List<SignedEntry> Entries { get; } = [];
    }
}
