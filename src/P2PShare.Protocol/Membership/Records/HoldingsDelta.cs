using System.Security.Cryptography;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>
/// What changed in a holdings part. The signature is that of the whole new part: who applies the delta rebuilds the
/// part's body, byte for byte, and verifies that. So a part brought up to date by deltas can be passed on as if it had come whole.
/// </summary>
public sealed class HoldingsDelta
{
    private readonly byte[] _changes;

    private HoldingsDelta(SignedEntry entry, PeerId owner, uint part, long version, long previous, byte[] changes)
    {
        Entry = entry;
        Owner = owner;
        Part = part;
        Version = version;
        PreviousVersion = previous;
        _changes = changes;
    }

    /// <summary>The delta as it travels.</summary>
    public SignedEntry Entry { get; }

    public PeerId Owner { get; }

    /// <summary>The part's number, from 0.</summary>
    public uint Part { get; }

    /// <summary>The version it leads to.</summary>
    public long Version { get; }

    /// <summary>The version it starts from; 0 for a part that was not there.</summary>
    public long PreviousVersion { get; }

    /// <summary>The key of the part it belongs to.</summary>
    public RecordKey Key => RecordKey.OfHoldings(Owner, Part);

    /// <summary>How many items change.</summary>
    public int Count => _changes.Length / HoldingsItems.ItemSize;

    /// <summary>What changed, in ascending order of info-hashes; <see cref="HoldingState.None"/> takes an item away.</summary>
    public IEnumerable<HoldingsItem> Changes => Enumerable.Range(0, Count).Select(index => HoldingsItems.Read(_changes, index));

    /// <summary>The way from one signed part to a newer one.</summary>
    /// <param name="previous">The part before; null if there was none.</param>
    /// <param name="next">The part after.</param>
    /// <returns>Null when so much changed that the part itself is no longer; it is then sent whole.</returns>
    /// <exception cref="ArgumentException">Not two versions of one part, in that order.</exception>
    public static HoldingsDelta? Between(HoldingsPart? previous, HoldingsPart next)
    {
        ArgumentNullException.ThrowIfNull(next);
        if (previous is not null && (previous.Key != next.Key || previous.Version >= next.Version))
            throw new ArgumentException("Not two versions of one part.", nameof(previous));
        var previousVersion = previous?.Version ?? 0;
        var changes = HoldingsItems.Difference(previous is null ? [] : previous.Packed, next.Packed);
        if (changes.Length > 0 && changes.Length >= next.Packed.Length) return null;
        var writer = new BencodeWriter(changes.Length + 128);
        writer.WriteDictionaryStart();
        writer.Field("items"u8, changes);
        writer.Field("owner"u8, next.Owner);
        writer.Field("part"u8, next.Part);
        writer.Number("previous"u8, previousVersion);
        writer.Number("version"u8, next.Version, min: 1);
        writer.WriteEnd();
        var entry = new SignedEntry(RecordKind.HoldingsDelta, writer.WrittenSpan, next.Entry.SignatureSpan);
        return new HoldingsDelta(entry, next.Owner, next.Part, next.Version, previousVersion, changes);
    }

    /// <exception cref="MembershipException"/>
    public static HoldingsDelta Parse(SignedEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        entry.Require(RecordKind.HoldingsDelta);
        var fields = MembershipFields.Parse(entry.BodySpan);
        var changes = fields.Bytes("items"u8, 0, MembershipLimits.MaxHoldings * HoldingsItems.ItemSize).ToArray();
        HoldingsItems.Check(changes, isDelta: true);
        var previous = fields.Number("previous"u8);
        return new HoldingsDelta(
            entry,
            fields.Peer("owner"u8),
            (uint)fields.Integer("part"u8, 0, uint.MaxValue),
            fields.Number("version"u8, min: previous + 1),
            previous,
            changes);
    }

    /// <summary>Applies the delta to the part as it is known here and verifies what comes out.</summary>
    /// <param name="current">The part of that owner and number; null if none is known.</param>
    /// <param name="ownerKey">The key of the owner's peer record.</param>
    /// <param name="updated">The new part, when the outcome is <see cref="HoldingsDeltaOutcome.Applied"/>.</param>
    /// <exception cref="ArgumentException">The part is another one.</exception>
    public HoldingsDeltaOutcome TryApply(HoldingsPart? current, ECDsa ownerKey, out HoldingsPart? updated)
    {
        updated = null;
        if (current is not null && (current.Owner != Owner || current.Part != Part))
            throw new ArgumentException("The delta belongs to another part.", nameof(current));
        var currentVersion = current?.Version ?? 0;
        if (currentVersion >= Version) return HoldingsDeltaOutcome.Stale;
        if (currentVersion != PreviousVersion) return HoldingsDeltaOutcome.Gap;

        var items = HoldingsItems.Merge(current is null ? [] : current.Packed, _changes);
        if (items.Length > MembershipLimits.MaxHoldings * HoldingsItems.ItemSize) return HoldingsDeltaOutcome.Invalid;
        var rebuilt = HoldingsPart.Rebuild(Owner, Part, Version, items, Entry.SignatureSpan);
        if (!rebuilt.Verify(ownerKey)) return HoldingsDeltaOutcome.Invalid;
        updated = rebuilt;
        return HoldingsDeltaOutcome.Applied;
    }
}
