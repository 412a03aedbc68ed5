using System.Net;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>
/// The caller cannot dial the target and asks it, through any member that has links to both, to dial instead. The relay
/// passes the message on unchanged, and only when it comes from the caller itself.
/// </summary>
public sealed record CallMeBack : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.CallMeBack;

    /// <summary>Who shall dial.</summary>
    public required PeerId Target { get; init; }

    /// <summary>Who wants to be dialled.</summary>
    public required PeerId Caller { get; init; }

    /// <summary>Where the caller may be reached, best first, at most 32.</summary>
    public required IReadOnlyList<IPEndPoint> Addresses { get; init; }

    /// <summary>A random number from 0: who has seen it from this caller ignores it when it comes another way.</summary>
    public required long Token { get; init; }

    /// <exception cref="MembershipException"/>
    public static CallMeBack Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new CallMeBack
        {
            Addresses = fields.Addresses("addresses"u8),
            Caller = fields.Peer("caller"u8),
            Target = fields.Peer("target"u8),
            Token = fields.Number("token"u8),
        };
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        writer.Addresses("addresses"u8, Addresses);
        writer.Field("caller"u8, Caller);
        writer.Field("target"u8, Target);
        writer.Number("token"u8, Token);
    }
}
