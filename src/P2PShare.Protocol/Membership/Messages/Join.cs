using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>A member asks the coordinator to be in the roster. Answered with joined and a snapshot, or, by another member, with status.</summary>
public sealed record Join : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Join;

    /// <summary>The last term the member knows; 0 if it knows none.</summary>
    public long Term { get; init; }

    /// <summary>How many peers the joiner coordinates and brings with it, itself included: from 1.</summary>
    public long Members { get; init; } = 1;

    /// <summary>The member's own peer record.</summary>
    public required SignedEntry Entry { get; init; }

    /// <summary>What the member already has: buckets that do not differ are not sent.</summary>
    public required CatalogueDigest Digest { get; init; }

    /// <exception cref="MembershipException"/>
    public static Join Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new Join
        {
            Digest = CatalogueDigest.Parse(fields.Bytes("digest"u8, CatalogueDigest.Size, CatalogueDigest.Size)),
            Entry = SignedEntry.Parse(fields.Raw("entry"u8)),
            Members = fields.Has("brings"u8) ? fields.Number("brings"u8, min: 1) : 1,
            Term = fields.Number("term"u8),
        };
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        if (Members != 1) writer.Number("brings"u8, Members, min: 1);
        writer.Field("digest"u8, Digest.ToArray());
        writer.WriteKey("entry"u8);
        Entry.Write(writer);
        writer.Number("term"u8, Term);
    }
}
