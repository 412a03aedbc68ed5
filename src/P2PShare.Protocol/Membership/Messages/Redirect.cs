using System.Net;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>The answer to join of a member that is not the coordinator.</summary>
public sealed record Redirect : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Redirect;

    /// <summary>Who is.</summary>
    public required PeerId Coordinator { get; init; }

    /// <summary>Where it is reached, best first, at most 32.</summary>
    public required IReadOnlyList<IPEndPoint> Addresses { get; init; }

    /// <summary>Its term, from 1; less than one the receiver has seen means that the sender is behind.</summary>
    public required long Term { get; init; }

    /// <exception cref="MembershipException"/>
    public static Redirect Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new Redirect
        {
            Addresses = fields.Addresses("addresses"u8),
            Coordinator = fields.Peer("coordinator"u8),
            Term = fields.Number("term"u8, min: 1),
        };
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        writer.Addresses("addresses"u8, Addresses);
        writer.Field("coordinator"u8, Coordinator);
        writer.Number("term"u8, Term, min: 1);
    }
}
