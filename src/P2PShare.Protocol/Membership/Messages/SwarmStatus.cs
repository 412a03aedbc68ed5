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

    /// <exception cref="MembershipException"/>
    public static SwarmStatus Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new SwarmStatus
        {
            Addresses = fields.Addresses("addresses"u8),
            Coordinator = fields.Peer("coordinator"u8),
            Members = fields.Number("members"u8, min: 1),
            Term = fields.Number("term"u8, min: 1),
        };
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        writer.Addresses("addresses"u8, Addresses);
        writer.Field("coordinator"u8, Coordinator);
        writer.Number("members"u8, Members, min: 1);
        writer.Number("term"u8, Term, min: 1);
    }
}
