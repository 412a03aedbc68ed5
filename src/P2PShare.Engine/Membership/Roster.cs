using System.Collections.Immutable;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Membership;

/// <summary>Who is in the swarm, as the coordinator says: join numbers, presence, whether they can be dialled. Not thread-safe.</summary>
internal sealed class Roster
{
    /// <summary>How many deputies there are, when enough peers are eligible.</summary>
    public const int DeputyCount = 2;

    // Peers that left long ago are forgotten past it: they would come back as new ones anyway.
    private const int MaxEntries = 10_000;

    private readonly Dictionary<PeerId, RosterEntry> _entries = [];
    private readonly SortedSet<RosterEntry> _eligible = new(Comparer<RosterEntry>.Create(CompareSeniority));
    private long _lastJoinNumber;

    public IEnumerable<RosterEntry> Entries => _entries.Values;

    public int PresentCount => Present.Count;

    public ImmutableHashSet<PeerId> Present { get; private set; } = [];

    /// <summary>Those present whom the coordinator has dialled back, the most senior first: the first two are the deputies, the next are ready to be.</summary>
    public IEnumerable<PeerId> Eligible => _eligible.Select(entry => entry.Peer);

    public int EligibleCount => _eligible.Count;

    public bool IsPresent(PeerId peer) => Present.Contains(peer);

    public bool IsEligible(PeerId peer) => Find(peer) is { IsPresent: true, IsDialable: true };

    public RosterEntry? Find(PeerId peer) => _entries.TryGetValue(peer, out var entry) ? entry : null;

    /// <summary>Seniority: the join number, then the id; the most senior first.</summary>
    public static int CompareSeniority(RosterEntry one, RosterEntry other) =>
        one.JoinNumber != other.JoinNumber ? one.JoinNumber.CompareTo(other.JoinNumber) : one.Peer.CompareTo(other.Peer);

    /// <summary>The coordinator's part: a peer joins. Who was away is the most junior again, so that a peer that comes and goes does not become a deputy.</summary>
    public RosterEntry Admit(PeerId peer)
    {
        if (Find(peer) is { IsPresent: true } present) return present;
        if (_entries.Count >= MaxEntries) ForgetAbsent();
        var entry = new RosterEntry(peer, _lastJoinNumber + 1, IsPresent: true, IsDialable: false);
        Set(entry);
        return entry;
    }

    /// <summary>The coordinator's part: a peer has left.</summary>
    /// <returns>Its line, or null when it was not present.</returns>
    public RosterEntry? Dismiss(PeerId peer)
    {
        if (Find(peer) is not { IsPresent: true } entry) return null;
        entry = entry with { IsPresent = false, IsDialable = false };
        Set(entry);
        return entry;
    }

    /// <summary>The coordinator's part: a peer was dialled back, or could not be.</summary>
    /// <returns>Its line, or null when it is not present or that was known.</returns>
    public RosterEntry? SetDialable(PeerId peer, bool isDialable)
    {
        if (Find(peer) is not { IsPresent: true } entry || entry.IsDialable == isDialable) return null;
        entry = entry with { IsDialable = isDialable };
        Set(entry);
        return entry;
    }

    /// <summary>Takes a line as it is.</summary>
    /// <returns>Whether presence changed.</returns>
    public bool Set(RosterEntry entry)
    {
        var before = Find(entry.Peer);
        if (before is { IsPresent: true, IsDialable: true } eligible) _eligible.Remove(eligible);
        if (entry is { IsPresent: true, IsDialable: true }) _eligible.Add(entry);
        _entries[entry.Peer] = entry;
        _lastJoinNumber = Math.Max(_lastJoinNumber, entry.JoinNumber);
        if (before?.IsPresent == true == entry.IsPresent) return false;
        Present = entry.IsPresent ? Present.Add(entry.Peer) : Present.Remove(entry.Peer);
        return true;
    }

    public void Clear()
    {
        _entries.Clear();
        _eligible.Clear();
        Present = [];
    }

    private void ForgetAbsent()
    {
        foreach (var entry in _entries.Values.Where(entry => !entry.IsPresent).ToList()) _entries.Remove(entry.Peer);
    }
}
