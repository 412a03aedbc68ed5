using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>Part of what a peer holds: up to 2,000 shares, so that a change never re-signs and re-sends more than that. Which share stands in which part is the owner's choice; a share stands in one.</summary>
public sealed class HoldingsPart : SignedRecord
{
    // Where in the body the items are.
    private readonly int _start;
    private readonly int _length;

    private HoldingsPart(SignedEntry entry, PeerId owner, uint part, long version, ReadOnlySpan<byte> items)
        : base(entry, RecordKey.OfHoldings(owner, part), version)
    {
        Owner = owner;
        Part = part;
        if (!items.IsEmpty) entry.BodySpan.Overlaps(items, out _start);
        _length = items.Length;
    }

    public override PeerId Owner { get; }

    /// <summary>The part's number, from 0.</summary>
    public uint Part { get; }

    public int Count => _length / HoldingsItems.ItemSize;

    internal ReadOnlySpan<byte> Packed => Entry.BodySpan.Slice(_start, _length);

    /// <summary>An item, in ascending order of info-hashes.</summary>
    public HoldingsItem this[int index] => HoldingsItems.Read(Packed, index);

    /// <summary>All items, in ascending order of info-hashes.</summary>
    public IEnumerable<HoldingsItem> Items => Enumerable.Range(0, Count).Select(index => this[index]);

    /// <param name="owner">Whose holdings.</param>
    /// <param name="part">The part's number.</param>
    /// <param name="version">See <see cref="MembershipLimits.NextVersion"/>.</param>
    /// <param name="items">Partial and complete ones, in any order.</param>
    /// <param name="signer">The owner's key.</param>
    /// <exception cref="ArgumentException">A share twice, more than 2,000, or one that is not held.</exception>
    public static HoldingsPart Sign(PeerId owner, uint part, long version, IEnumerable<HoldingsItem> items, IRecordSigner signer)
    {
        var packed = HoldingsItems.Pack(items, isDelta: false);
        var body = EncodeBody(owner, part, version, packed);
        var entry = new SignedEntry(RecordKind.Holdings, body, RecordSignature.Sign(signer, RecordSignature.Holdings, body));
        return Parse(entry);
    }

    /// <exception cref="MembershipException"/>
    public static HoldingsPart Parse(SignedEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        entry.Require(RecordKind.Holdings);
        var fields = MembershipFields.Parse(entry.BodySpan);
        var items = fields.Bytes("items"u8, 0, MembershipLimits.MaxHoldings * HoldingsItems.ItemSize);
        HoldingsItems.Check(items, isDelta: false);
        return new HoldingsPart(
            entry,
            fields.Peer("owner"u8),
            (uint)fields.Integer("part"u8, 0, uint.MaxValue),
            fields.Number("version"u8, min: 1),
            items);
    }

    /// <summary>How much the owner holds, as far as this part says.</summary>
    public HoldingState StateOf(InfoHash infoHash) => HoldingsItems.Find(Packed, infoHash);

    /// <summary>Whether this says at least as much of every share as another version of the part does.</summary>
    public bool Includes(HoldingsPart older)
    {
        ArgumentNullException.ThrowIfNull(older);
        // Both are in order: each of the other's is looked for from where the last was found.
        var next = 0;
        for (var i = 0; i < older.Count; i++)
        {
            var had = older[i];
            while (next < Count && this[next].InfoHash.CompareTo(had.InfoHash) < 0) next++;
            if (next == Count || this[next].InfoHash != had.InfoHash || this[next].State < had.State) return false;
        }

        return true;
    }

    /// <summary>The part that a delta leads to; its signature is the delta's and not verified yet.</summary>
    internal static HoldingsPart Rebuild(PeerId owner, uint part, long version, ReadOnlySpan<byte> items, ReadOnlySpan<byte> signature) =>
        Parse(new SignedEntry(RecordKind.Holdings, EncodeBody(owner, part, version, items), signature));

    private protected override string SignatureKind => RecordSignature.Holdings;

    private static byte[] EncodeBody(PeerId owner, uint part, long version, ReadOnlySpan<byte> items)
    {
        var writer = new BencodeWriter(items.Length + 128);
        writer.WriteDictionaryStart();
        writer.Field("items"u8, items);
        writer.Field("owner"u8, owner);
        writer.Field("part"u8, part);
        writer.Number("version"u8, version, min: 1);
        writer.WriteEnd();
        return writer.ToArray();
    }
}
