using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>The coordinator's answer to join. The snapshot follows, then updates.</summary>
public sealed record Joined : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Joined;

    /// <summary>The coordinator's term, from 1.</summary>
    public required long Term { get; init; }

    public required PeerId Coordinator { get; init; }

    /// <summary>The receiver's place in the order of joining, from 1.</summary>
    public required long JoinNumber { get; init; }

    /// <summary>The last version known here of the receiver's peer record; 0 for none. An owner that lost its state goes on from there.</summary>
    public long PeerVersion { get; init; }

    /// <summary>The highest version known here of any of the receiver's share records; 0 for none.</summary>
    public long ShareVersion { get; init; }

    /// <summary>What the coordinator had before the join: the joiner publishes what it holds of the buckets that differ.</summary>
    public required CatalogueDigest Digest { get; init; }

    /// <summary>The last version known here of each part of the receiver's holdings.</summary>
    public IReadOnlyList<PartVersion> Holdings { get; init; } = [];

    /// <exception cref="MembershipException"/>
    public static Joined Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new Joined
        {
            Coordinator = fields.Peer("coordinator"u8),
            Digest = CatalogueDigest.Parse(fields.Bytes("digest"u8, CatalogueDigest.Size, CatalogueDigest.Size)),
            Holdings = fields.List("holdings"u8, MembershipLimits.MaxParts, PartVersion.Read),
            JoinNumber = fields.Number("join"u8, min: 1),
            PeerVersion = fields.Number("peer"u8),
            ShareVersion = fields.Number("share"u8),
            Term = fields.Number("term"u8, min: 1),
        };
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Holdings.Count, MembershipLimits.MaxParts, nameof(Holdings));
        writer.Field("coordinator"u8, Coordinator);
        writer.Field("digest"u8, Digest.ToArray());
        writer.WriteKey("holdings"u8);
        writer.WriteListStart();
        foreach (var part in Holdings) part.Write(writer);
        writer.WriteEnd();
        writer.Number("join"u8, JoinNumber, min: 1);
        writer.Number("peer"u8, PeerVersion);
        writer.Number("share"u8, ShareVersion);
        writer.Number("term"u8, Term, min: 1);
    }
}
