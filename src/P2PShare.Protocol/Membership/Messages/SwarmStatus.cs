using System.Net;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>
/// Which coordinator the sender follows. Sent by both sides as soon as a link is up, in answer to a join that came to the
/// wrong peer, and to all links when the sender's coordinator changes. Where two coordinators meet, the one with more
/// members stays; with equal numbers the one with the lower id.
/// </summary>
public sealed record SwarmStatus : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Status;

    /// <summary>Who coordinates; the sender itself when it knows of no other.</summary>
    public required PeerId Coordinator { get; init; }

    /// <summary>Where the coordinator is reached, best first, at most 32.</summary>
    public required IReadOnlyList<IPEndPoint> Addresses { get; init; }

    /// <summary>Its term, from 1; less than one the receiver has seen means that the sender is behind.</summary>
    public required long Term { get; init; }

    /// <summary>How many peers are present in its roster, itself included: from 1.</summary>
    public required long Members { get; init; }

    /// <summary>The last update the sender has sent, or, following another, has taken in.</summary>
    public long Sequence { get; init; }

    /// <summary>Whose reign the coordinator has taken over; null when its reign did not begin like that.</summary>
    public PeerId? TookOver { get; init; }

    /// <summary>Whether the coordinator's role forbids it to coordinate: it stands in until one is met whose role does not.</summary>
    public bool IsUnfit { get; init; }

    /// <summary>Whether the sender, being the coordinator, does not have the receiver in its roster.</summary>
    public bool IsUnlisted { get; init; }

    /// <exception cref="MembershipException"/>
    public static SwarmStatus Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new SwarmStatus
        {
            Addresses = fields.Addresses("addresses"u8),
            Coordinator = fields.Peer("coordinator"u8),
            Members = fields.Number("members"u8, min: 1),
            Sequence = fields.Has("sequence"u8) ? fields.Number("sequence"u8) : 0,
            Term = fields.Number("term"u8, min: 1),
            TookOver = fields.Has("took-over"u8) ? fields.Peer("took-over"u8) : null,
            IsUnfit = fields.Flag("unfit"u8),
            IsUnlisted = fields.Flag("unlisted"u8),
        };
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        writer.Addresses("addresses"u8, Addresses);
        writer.Field("coordinator"u8, Coordinator);
        writer.Number("members"u8, Members, min: 1);
        if (Sequence > 0) writer.Number("sequence"u8, Sequence);
        writer.Number("term"u8, Term, min: 1);
        if (TookOver is { } previous) writer.Field("took-over"u8, previous);
        writer.Flag("unfit"u8, IsUnfit);
        writer.Flag("unlisted"u8, IsUnlisted);
    }
}
