using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>A message of channel 0: a type and one bencoded dictionary. Keys a receiver does not know are ignored.</summary>
public abstract record MembershipMessage
{
    private protected MembershipMessage() { }

    public abstract MembershipMessageType Type { get; }

    /// <summary>Writes the dictionary.</summary>
    /// <exception cref="ArgumentException">A value that no receiver would accept.</exception>
    public void Write(BencodeWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteDictionaryStart();
        WriteFields(writer);
        writer.WriteEnd();
    }

    private protected abstract void WriteFields(BencodeWriter writer);
}
