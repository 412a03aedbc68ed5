using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>The last version known of one part of a peer's holdings.</summary>
public readonly record struct PartVersion(uint Part, long Version)
{
    internal void Write(BencodeWriter writer)
    {
        writer.WriteListStart();
        writer.WriteInteger(Part);
        writer.WriteInteger(Version);
        writer.WriteEnd();
    }

    internal static PartVersion Read(ref BencodeReader reader)
    {
        reader.ReadListStart();
        var part = new PartVersion((uint)reader.ReadInteger(0, uint.MaxValue), reader.ReadInteger(0, MembershipLimits.MaxNumber));
        return reader.TryReadEnd()
            ? part
            : throw new MembershipException(MembershipErrorKind.InvalidValue, "A holdings version has more than two numbers.");
    }
}
