using System.Net;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>The acceptor's first frame: the link stands.</summary>
public sealed record Welcome : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Welcome;

    /// <inheritdoc cref="Hello.ProtocolVersion"/>
    public int ProtocolVersion { get; init; } = MembershipLimits.ProtocolVersion;

    /// <inheritdoc cref="Hello.Software"/>
    public required string Software { get; init; }

    public required BootNonce Nonce { get; init; }

    /// <inheritdoc cref="Hello.ListenPort"/>
    public required int ListenPort { get; init; }

    /// <summary>The receiver's address as the sender sees it.</summary>
    public IPEndPoint? Observed { get; init; }

    /// <summary>The sender's clock: milliseconds since 1970-01-01 UTC.</summary>
    public required long UnixTimeMilliseconds { get; init; }

    /// <exception cref="MembershipException"/>
    public static Welcome Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new Welcome
        {
            Nonce = Greeting.Nonce(fields),
            Observed = fields.AddressOrNull("observed"u8),
            ListenPort = Greeting.Port(fields),
            ProtocolVersion = Greeting.Protocol(fields),
            Software = Greeting.Software(fields),
            UnixTimeMilliseconds = fields.Number("time"u8),
        };
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        Greeting.Write(writer, Nonce, Observed, ListenPort, ProtocolVersion, Software);
        writer.Number("time"u8, UnixTimeMilliseconds);
    }
}
