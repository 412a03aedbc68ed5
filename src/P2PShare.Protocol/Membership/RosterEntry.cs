using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership;

/// <summary>A peer's line in the roster: what only the coordinator can say of it.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="JoinNumber">Its place in the order of joining, from 1: seniority is (join number, peer id).</param>
/// <param name="IsPresent">Whether it is in the swarm now; false says that it left.</param>
/// <param name="IsDialable">Whether the coordinator has dialled it back.</param>
public readonly record struct RosterEntry(PeerId Peer, long JoinNumber, bool IsPresent, bool IsDialable)
{
    /// <summary>The longest encoding, in bytes.</summary>
    internal const int MaxEncodedSize = 96;

    private const int PresentFlag = 1;
    private const int DialableFlag = 2;

    internal void Write(BencodeWriter writer)
    {
        writer.WriteDictionaryStart();
        writer.Field("flags"u8, (IsPresent ? PresentFlag : 0) | (IsDialable ? DialableFlag : 0));
        writer.Field("id"u8, Peer);
        writer.Number("join"u8, JoinNumber, min: 1);
        writer.WriteEnd();
    }

    internal static RosterEntry Read(ref BencodeReader reader)
    {
        var fields = MembershipFields.Parse(reader.ReadRawValue());
        var flags = fields.Integer("flags"u8, 0, int.MaxValue);
        return new RosterEntry(fields.Peer("id"u8), fields.Number("join"u8, min: 1), (flags & PresentFlag) != 0, (flags & DialableFlag) != 0);
    }
}
