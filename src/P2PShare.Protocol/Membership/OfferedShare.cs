using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Membership;

/// <summary>What an offer points to: the share record of this info-hash and name whose publisher is the offer's sender. Nothing else in it is believed.</summary>
/// <param name="InfoHash">The whole v2 info-hash.</param>
/// <param name="Name">The share's name, 1 to 255 bytes. It is no path.</param>
public readonly record struct OfferedShare(InfoHash InfoHash, string Name)
{
    internal void Write(BencodeWriter writer)
    {
        writer.WriteDictionaryStart();
        writer.Field("info-hash"u8, InfoHash.Value);
        writer.Text("name"u8, Name, MembershipLimits.MaxName, minLength: 1);
        writer.WriteEnd();
    }

    internal static OfferedShare Read(ref BencodeReader reader)
    {
        var fields = MembershipFields.Parse(reader.ReadRawValue());
        return new OfferedShare(new InfoHash(fields.Hash("info-hash"u8)), fields.Text("name"u8, 1, MembershipLimits.MaxName));
    }
}
