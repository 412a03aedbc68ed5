using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Membership;

/// <summary>Who is in the swarm, as the coordinator says: join numbers, presence, whether they can be dialled. Not thread-safe.</summary>
internal sealed class Roster
{
    private readonly Dictionary<PeerId, RosterEntry> _entries = [];
    private long _lastJoinNumber;

    public IEnumerable<RosterEntry> Entries => _entries.Values;

    public int PresentCount { get; private set; }

    public IEnumerable<PeerId> Present => _entries.Values.Where(entry => entry.IsPresent).Select(entry => entry.Peer);

    public bool IsPresent(PeerId peer) => _entries.TryGetValue(peer, out var entry) && entry.IsPresent;

    /// <summary>The coordinator's part: a peer joins, for the first time or again with its old place.</summary>
    public RosterEntry Admit(PeerId peer)
    {
        var joinNumber = _entries.TryGetValue(peer, out var known) ? known.JoinNumber : _lastJoinNumber + 1;
        var entry = new RosterEntry(peer, joinNumber, IsPresent: true, known.IsDialable);
        Set(entry);
        return entry;
    }

    /// <summary>The coordinator's part: a peer has left.</summary>
    /// <returns>Its line, or null when it was not present.</returns>
    public RosterEntry? Dismiss(PeerId peer)
    {
        if (!_entries.TryGetValue(peer, out var entry) || !entry.IsPresent) return null;
        entry = entry with { IsPresent = false };
        Set(entry);
        return entry;
    }

    /// <summary>Takes a line as it is.</summary>
    /// <returns>Whether presence changed.</returns>
    public bool Set(RosterEntry entry)
    {
        var before = IsPresent(entry.Peer);
        _entries[entry.Peer] = entry;
        _lastJoinNumber = Math.Max(_lastJoinNumber, entry.JoinNumber);
        if (before == entry.IsPresent) return false;
        PresentCount += entry.IsPresent ? 1 : -1;
        return true;
    }

    public void Clear()
    {
        _entries.Clear();
        PresentCount = 0;
    }
}
