using System.Net;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>What came of dialling the peer that asked for it with <see cref="DialBack"/>.</summary>
public sealed record DialBackAnswer : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.DialBackAnswer;

    /// <summary>That of the question.</summary>
    public required long Token { get; init; }

    /// <summary>The answering peer's clock: milliseconds since 1970-01-01 UTC.</summary>
    public required long UnixTimeMilliseconds { get; init; }

    /// <summary>Where the peer that asked was reached, and known by its certificate; at most 32.</summary>
    public IReadOnlyList<IPEndPoint> Reached { get; init; } = [];

    /// <summary>Where it was not; at most 32.</summary>
    public IReadOnlyList<IPEndPoint> Missed { get; init; } = [];

    /// <summary>Whether nothing was dialled, because it was asked too often.</summary>
    public bool IsBusy { get; init; }

    /// <exception cref="MembershipException"/>
    public static DialBackAnswer Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new DialBackAnswer
        {
            IsBusy = fields.Flag("busy"u8),
            Missed = fields.Addresses("missed"u8),
            Reached = fields.Addresses("reached"u8),
            UnixTimeMilliseconds = fields.Number("time"u8),
            Token = fields.Number("token"u8),
        };
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        writer.Flag("busy"u8, IsBusy);
        writer.Addresses("missed"u8, Missed);
        writer.Addresses("reached"u8, Reached);
        writer.Number("time"u8, UnixTimeMilliseconds);
        writer.Number("token"u8, Token);
    }
}
