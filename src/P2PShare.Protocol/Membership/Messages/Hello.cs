using System.Net;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>The dialler's first frame, right after TLS.</summary>
public sealed record Hello : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Hello;

    /// <summary>1. A receiver that does not speak it answers with refused.</summary>
    public int ProtocolVersion { get; init; } = MembershipLimits.ProtocolVersion;

    /// <summary>Name and version of the software, at most 64 bytes.</summary>
    public required string Software { get; init; }

    public required BootNonce Nonce { get; init; }

    /// <summary>The sender's listening port; 0 if it has none.</summary>
    public required int ListenPort { get; init; }

    /// <summary>The receiver's address as the sender dialled it.</summary>
    public IPEndPoint? Observed { get; init; }

    /// <summary>Whether the sender only wants to know that the receiver can be dialled: it is welcomed, and the connection ends.</summary>
    public bool IsProbe { get; init; }

    /// <exception cref="MembershipException"/>
    public static Hello Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new Hello
        {
            Nonce = Greeting.Nonce(fields),
            Observed = fields.AddressOrNull("observed"u8),
            ListenPort = Greeting.Port(fields),
            IsProbe = fields.Flag("probe"u8),
            ProtocolVersion = Greeting.Protocol(fields),
            Software = Greeting.Software(fields),
        };
    }

    private protected override void WriteFields(BencodeWriter writer) =>
        Greeting.Write(writer, Nonce, Observed, ListenPort, ProtocolVersion, Software, IsProbe);
}
