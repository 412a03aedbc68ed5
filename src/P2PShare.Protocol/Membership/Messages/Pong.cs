using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>The answer to ping.</summary>
/// <param name="Token">The number of the ping.</param>
/// <param name="UnixTimeMilliseconds">The sender's clock: milliseconds since 1970-01-01 UTC.</param>
public sealed record Pong(long Token, long UnixTimeMilliseconds) : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Pong;

    /// <exception cref="MembershipException"/>
    public static Pong Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new Pong(fields.Number("token"u8), fields.Number("time"u8));
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        writer.Number("time"u8, UnixTimeMilliseconds);
        writer.Number("token"u8, Token);
    }
}
