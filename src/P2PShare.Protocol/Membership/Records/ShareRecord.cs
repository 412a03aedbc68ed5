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

    private ShareRecord(SignedEntry entry, long version, ShareDetails details)
        : base(entry, RecordSignature.Share, RecordKey.OfShare(details.Publisher, details.InfoHash, details.Name), details.Publisher, version) =>
        Details = details;

    public ShareDetails Details { get; }

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
        var body = writer.ToArray();
        return Parse(new SignedEntry(RecordKind.Share, body, RecordSignature.Sign(signer, RecordSignature.Share, body)));
    }

    /// <exception cref="MembershipException"/>
    public static ShareRecord Parse(SignedEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        entry.Require(RecordKind.Share);
        var fields = MembershipFields.Parse(entry.BodyArray);
        var flags = fields.Integer("flags"u8, 0, int.MaxValue);
        var details = new ShareDetails
        {
            Attributes = fields.HashOrNull("attributes"u8),
            FileCount = (int)fields.Integer("files"u8, 0, int.MaxValue),
            InfoHash = new InfoHash(fields.Hash("info-hash"u8)),
            IsOpen = (flags & OpenFlag) != 0,
            IsWithdrawn = (flags & WithdrawnFlag) != 0,
            Name = fields.Text("name"u8, 1, MembershipLimits.MaxName),
            Publisher = fields.Peer("publisher"u8),
            Supersedes = fields.HashOrNull("supersedes"u8) is { } supersedes ? new InfoHash(supersedes) : null,
            TotalLength = fields.Integer("length"u8, 0, long.MaxValue),
        };
        return new ShareRecord(entry, fields.Number("version"u8, min: 1), details);
    }
}
