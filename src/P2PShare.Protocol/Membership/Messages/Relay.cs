using System.Diagnostics.CodeAnalysis;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>
/// A message of channel 0 for a peer to which the sender has no link. A member that has links to both passes it on
/// unchanged, and only when it comes from <see cref="From"/> itself: so it goes over one relay at most.
/// </summary>
public sealed record Relay : MembershipMessage
{
    /// <summary>The longest payload inside: what is left of a frame for it.</summary>
    public const int MaxInner = MembershipLimits.MaxPayload - 256;

    public override MembershipMessageType Type => MembershipMessageType.Relay;

    /// <summary>Who says it.</summary>
    public required PeerId From { get; init; }

    /// <summary>Who shall hear it.</summary>
    public required PeerId To { get; init; }

    /// <summary>The type of the message inside.</summary>
    public required MembershipMessageType InnerType { get; init; }

    /// <summary>The payload of the message inside.</summary>
    public required ReadOnlyMemory<byte> Inner { get; init; }

    /// <summary>Puts a message into an envelope.</summary>
    /// <exception cref="ArgumentException">It is of a kind that is not relayed, or too long.</exception>
    public static Relay Wrap(PeerId from, PeerId to, MembershipMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!MayCarry(message.Type)) throw new ArgumentException($"A message '{message.Type}' is not relayed.", nameof(message));
        return new Relay { From = from, To = to, InnerType = message.Type, Inner = MembershipCodec.Encode(message) };
    }

    /// <summary>Whether messages of a type are relayed: those of membership are, those about one link are not.</summary>
    public static bool MayCarry(MembershipMessageType type) => type is
        MembershipMessageType.Join or MembershipMessageType.Joined or MembershipMessageType.Status or MembershipMessageType.SnapshotPage
        or MembershipMessageType.Update or MembershipMessageType.Publish or MembershipMessageType.Leave or MembershipMessageType.Ping
        or MembershipMessageType.Pong or MembershipMessageType.TakeOver or MembershipMessageType.ConfirmCoordinator or MembershipMessageType.Unreachable
        or MembershipMessageType.ProgressSubscribe or MembershipMessageType.Progress;

    /// <summary>Takes the message out.</summary>
    /// <returns>False when it is of a type that is not relayed.</returns>
    /// <exception cref="MembershipException">It is not what its type says.</exception>
    public bool TryUnwrap([NotNullWhen(true)] out MembershipMessage? message)
    {
        message = null;
        return MayCarry(InnerType) && MembershipCodec.TryDecode(InnerType, Inner.Span, out message);
    }

    /// <exception cref="MembershipException"/>
    public static Relay Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new Relay
        {
            From = fields.Peer("from"u8),
            Inner = fields.Bytes("message"u8, 2, MaxInner).ToArray(),
            To = fields.Peer("to"u8),
            InnerType = (MembershipMessageType)fields.Integer("type"u8, 0, byte.MaxValue),
        };
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Inner.Length, MaxInner, nameof(Inner));
        writer.Field("from"u8, From);
        writer.Field("message"u8, Inner.Span);
        writer.Field("to"u8, To);
        writer.Field("type"u8, (int)InnerType);
    }
}
