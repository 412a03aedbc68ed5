using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>
/// Asks a member to dial the sender as a stranger would, and to tell what came of it. The member dials what the sender's
/// own record says and nothing else, so nobody can be sent against a third party.
/// </summary>
/// <param name="Token">Any number from 0; the answer repeats it.</param>
public sealed record DialBack(long Token) : MembershipMessage
{
    public override MembershipMessageType Type => MembershipMessageType.DialBack;

    /// <exception cref="MembershipException"/>
    public static DialBack Parse(ReadOnlySpan<byte> payload) => new(MembershipFields.Parse(payload).Number("token"u8));

    private protected override void WriteFields(BencodeWriter writer) => writer.Number("token"u8, Token);
}
