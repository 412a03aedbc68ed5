using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>Asks for a sign of life; answered at once with pong.</summary>
/// <param name="Token">Any number from 0; the answer repeats it.</param>
/// <param name="UnixTimeMilliseconds">The sender's clock: milliseconds since 1970-01-01 UTC.</param>
public sealed record Ping(long Token, long UnixTimeMilliseconds) : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.Ping;

    /// <exception cref="MembershipException"/>
    public static Ping Parse(ReadOnlySpan<byte> payload)
    {
        var fields = MembershipFields.Parse(payload);
        return new Ping(fields.Number("token"u8), fields.Number("time"u8));
    }

    private protected override void WriteFields(BencodeWriter writer)
    {
        writer.Number("time"u8, UnixTimeMilliseconds);
        writer.Number("token"u8, Token);
    }
}
