using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>
/// That a peer published something. Its key is (publisher, info-hash, name); it changes only by being withdrawn or
/// published again. The signature is verified when the share is first used, with the key of the publisher's peer record.
/// </summary>
public sealed class ShareRecord : SignedRecord
{
    private const int OpenFlag = 1;
    private const int WithdrawnFlag = 2;

    // Where in the body the two ids are: of a large catalogue little more is kept than what was signed.
    private readonly int _infoHashStart;
    private readonly int _publisherStart;
    private readonly byte _flags;

    private ShareRecord(SignedEntry entry, long version, string name, ReadOnlySpan<byte> nameBytes, ReadOnlySpan<byte> infoHash, ReadOnlySpan<byte> publisher, long flags)
        : base(entry, RecordKey.OfShare(publisher, infoHash, nameBytes), version)
    {
        entry.BodySpan.Overlaps(infoHash, out _infoHashStart);
        entry.BodySpan.Overlaps(publisher, out _publisherStart);
        _flags = (byte)(flags & (OpenFlag | WithdrawnFlag));
        Name = name;
    }

    public override PeerId Owner => new(new Hash256(Entry.BodySpan.Slice(_publisherStart, Hash256.Size)));

    /// <summary>1 to 255 bytes of UTF-8; not yet fit to be a path.</summary>
    public string Name { get; }

    public InfoHash InfoHash => new(new Hash256(Entry.BodySpan.Slice(_infoHashStart, Hash256.Size)));

    /// <summary>Whether the publisher also serves it in plain BitTorrent.</summary>
    public bool IsOpen => (_flags & OpenFlag) != 0;

    /// <summary>Whether the publisher withdrew it.</summary>
    public bool IsWithdrawn => (_flags & WithdrawnFlag) != 0;

    /// <summary>All that it says, read anew each time.</summary>
    public ShareDetails Details => ReadDetails(MembershipFields.Parse(Entry.BodySpan), Name);

    /// <param name="details">What to say.</param>
    /// <param name="version">See <see cref="MembershipLimits.NextVersion"/>.</param>
    /// <param name="signer">The publisher's key.</param>
    /// <exception cref="ArgumentException">A value that no reader would accept.</exception>
    public static ShareRecord Sign(ShareDetails details, long version, IRecordSigner signer)
    {
        ArgumentNullException.ThrowIfNull(details);
        ArgumentOutOfRangeException.ThrowIfNegative(details.FileCount, nameof(details));
        ArgumentOutOfRangeException.ThrowIfNegative(details.TotalLength, nameof(details));
        var writer = new BencodeWriter(512);
        writer.WriteDictionaryStart();
        if (details.Attributes is { } attributes) writer.Field("attributes"u8, attributes);
        writer.Field("files"u8, details.FileCount);
        writer.Field("flags"u8, (details.IsOpen ? OpenFlag : 0) | (details.IsWithdrawn ? WithdrawnFlag : 0));
        writer.Field("info-hash"u8, details.InfoHash.Value);
        writer.Field("length"u8, details.TotalLength);
        writer.Text("name"u8, details.Name, MembershipLimits.MaxName, minLength: 1);
        writer.Field("publisher"u8, details.Publisher);
        if (details.Supersedes is { } supersedes) writer.Field("supersedes"u8, supersedes.Value);
        writer.Number("version"u8, version, min: 1);
        writer.WriteEnd();
        var body = writer.WrittenSpan;
        return Parse(new SignedEntry(RecordKind.Share, body, RecordSignature.Sign(signer, RecordSignature.Share, body)));
    }

    /// <exception cref="MembershipException"/>
    public static ShareRecord Parse(SignedEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        entry.Require(RecordKind.Share);
        var fields = MembershipFields.Parse(entry.BodySpan);
        var flags = fields.Integer("flags"u8, 0, int.MaxValue);
        // What is not kept is checked all the same.
        if (fields.Has("attributes"u8)) fields.Bytes("attributes"u8, Hash256.Size, Hash256.Size);
        fields.Integer("files"u8, 0, int.MaxValue);
        var infoHash = fields.Bytes("info-hash"u8, Hash256.Size, Hash256.Size);
        var name = fields.Text("name"u8, 1, MembershipLimits.MaxName);
        var nameBytes = fields.Bytes("name"u8, 1, MembershipLimits.MaxName);
        var publisher = fields.Bytes("publisher"u8, Hash256.Size, Hash256.Size);
        if (fields.Has("supersedes"u8)) fields.Bytes("supersedes"u8, Hash256.Size, Hash256.Size);
        fields.Integer("length"u8, 0, long.MaxValue);
        return new ShareRecord(entry, fields.Number("version"u8, min: 1), name, nameBytes, infoHash, publisher, flags);
    }

    private protected override string SignatureKind => RecordSignature.Share;

    private static ShareDetails ReadDetails(MembershipFields fields, string name)
    {
        var flags = fields.Integer("flags"u8, 0, int.MaxValue);
        return new ShareDetails
        {
            Attributes = fields.HashOrNull("attributes"u8),
            FileCount = (int)fields.Integer("files"u8, 0, int.MaxValue),
            InfoHash = new InfoHash(fields.Hash("info-hash"u8)),
            IsOpen = (flags & OpenFlag) != 0,
            IsWithdrawn = (flags & WithdrawnFlag) != 0,
            Name = name,
            Publisher = fields.Peer("publisher"u8),
            Supersedes = fields.HashOrNull("supersedes"u8) is { } supersedes ? new InfoHash(supersedes) : null,
            TotalLength = fields.Integer("length"u8, 0, long.MaxValue),
        };
    }
}
