using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Catalogue;

/// <summary>What this peer holds, kept in signed parts; a change re-signs one part and travels as a delta. Not thread-safe.</summary>
internal sealed class OwnHoldings(PeerId self, IRecordSigner signer, TimeProvider time)
{
    private readonly List<Part> _parts = [];
    private readonly Dictionary<InfoHash, Part> _partOf = [];

    /// <summary>The parts as they are now, signed.</summary>
    public IEnumerable<HoldingsPart> Parts => _parts.Where(part => part.Signed is not null).Select(part => part.Signed!);

    public HoldingState StateOf(InfoHash share) => _partOf.TryGetValue(share, out var part) ? part.Items.GetValueOrDefault(share) : HoldingState.None;

    /// <summary>Notes how much of a share is held.</summary>
    /// <param name="changed">The part that changed, signed anew; null when nothing changed.</param>
    /// <returns>What to send: the way from the part before to the part after, or the whole part where that is shorter; null when nothing changed.</returns>
    public SignedEntry? Set(InfoHash share, HoldingState state, out HoldingsPart? changed)
    {
        var entries = Set([KeyValuePair.Create(share, state)], out var parts);
        changed = parts.Count == 0 ? null : parts[0];
        return entries.Count == 0 ? null : entries[0];
    }

    /// <summary>Notes how much of some shares is held; each part that changes is signed once.</summary>
    /// <param name="changed">The parts that changed, signed anew.</param>
    /// <returns>What to send, as for one share.</returns>
    public IReadOnlyList<SignedEntry> Set(IEnumerable<KeyValuePair<InfoHash, HoldingState>> states, out IReadOnlyList<HoldingsPart> changed)
    {
        var touched = new HashSet<Part>();
        foreach (var (share, state) in states)
        {
            if (Note(share, state) is { } part) touched.Add(part);
        }

        var entries = new List<SignedEntry>(touched.Count);
        var signed = new List<HoldingsPart>(touched.Count);
        foreach (var part in touched)
        {
            var before = part.Signed;
            var after = Sign(part, 0);
            signed.Add(after);
            entries.Add(HoldingsDelta.Between(before, after)?.Entry ?? after.Entry);
        }

        changed = signed;
        return entries;
    }

    /// <returns>The part that has changed; null when nothing has.</returns>
    private Part? Note(InfoHash share, HoldingState state)
    {
        if (StateOf(share) == state) return null;
        if (!_partOf.TryGetValue(share, out var part))
        {
            part = _parts.Find(candidate => candidate.Items.Count < MembershipLimits.MaxHoldings) ?? AddPart();
            _partOf.Add(share, part);
        }

        if (state == HoldingState.None)
        {
            part.Items.Remove(share);
            _partOf.Remove(share);
        }
        else
        {
            part.Items[share] = state;
        }

        return part;
    }

    /// <summary>Goes past the versions that the swarm remembers of this peer from before it lost its state.</summary>
    /// <returns>The parts that had to be signed anew.</returns>
    public IReadOnlyList<HoldingsPart> JumpPast(IReadOnlyDictionary<uint, long> remembered)
    {
        var renewed = new List<HoldingsPart>();
        foreach (var (number, version) in remembered.OrderBy(pair => pair.Key))
        {
            // A part this peer knows nothing of stands for holdings it no longer has: it is emptied.
            while (_parts.Count <= number && _parts.Count < MembershipLimits.MaxParts) AddPart();
            if (number >= _parts.Count) break;
            var part = _parts[(int)number];
            if (part.Signed is null || part.Signed.Version <= version) renewed.Add(Sign(part, version));
        }

        return renewed;
    }

    private Part AddPart()
    {
        var part = new Part((uint)_parts.Count);
        _parts.Add(part);
        return part;
    }

    private HoldingsPart Sign(Part part, long stored)
    {
        var version = MembershipLimits.NextVersion(Math.Max(stored, part.Signed?.Version ?? 0), time.GetUtcNow().ToUnixTimeMilliseconds());
        part.Signed = HoldingsPart.Sign(self, part.Number, version, part.Items.Select(item => new HoldingsItem(item.Key, item.Value)), signer);
        return part.Signed;
    }

    private sealed class Part(uint number)
    {
        public uint Number { get; } = number;

        public Dictionary<InfoHash, HoldingState> Items { get; } = [];

        public HoldingsPart? Signed { get; set; }
    }
}
