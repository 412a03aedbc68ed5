using System.Security.Cryptography;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>
/// The administrator's word, signed by the swarm's root, that a peer has a name and a role. It travels in the peer record
/// and not in the certificate, so that a stranger who sees the certificate reads no name.
/// </summary>
public sealed class NameGrant
{
    private readonly byte[] _body;
    private readonly byte[] _signature;

    private NameGrant(byte[] body, byte[] signature)
    {
        _body = body;
        _signature = signature;
        var fields = MembershipFields.Parse(body);
        Peer = fields.Peer("id"u8);
        Name = fields.Text("name"u8, 1, MembershipLimits.MaxName);
        NotAfterUnixTimeSeconds = fields.Number("not-after"u8);
        Roles = (PeerRoles)fields.Integer("roles"u8, 0, int.MaxValue);
    }

    /// <summary>Whose the name is.</summary>
    public PeerId Peer { get; }

    /// <summary>1 to 255 bytes of UTF-8.</summary>
    public string Name { get; }

    public PeerRoles Roles { get; }

    /// <summary>Until when the grant holds: seconds since 1970-01-01 UTC.</summary>
    public long NotAfterUnixTimeSeconds { get; }

    /// <param name="root">The swarm's root key.</param>
    /// <exception cref="ArgumentException">A name that is empty or too long.</exception>
    public static NameGrant Sign(PeerId peer, string name, PeerRoles roles, long notAfterUnixTimeSeconds, IRecordSigner root)
    {
        var writer = new BencodeWriter();
        writer.WriteDictionaryStart();
        writer.Field("id"u8, peer);
        writer.Text("name"u8, name, MembershipLimits.MaxName, minLength: 1);
        writer.Number("not-after"u8, notAfterUnixTimeSeconds);
        writer.Field("roles"u8, (int)roles);
        writer.WriteEnd();
        var body = writer.ToArray();
        return new NameGrant(body, RecordSignature.Sign(root, RecordSignature.Name, body));
    }

    /// <exception cref="MembershipException"/>
    public static NameGrant Parse(ReadOnlySpan<byte> encoded)
    {
        var fields = MembershipFields.Parse(encoded);
        return new NameGrant(
            fields.Bytes("body"u8, 2, MembershipLimits.MaxGrant).ToArray(),
            fields.Bytes("sig"u8, RecordSignature.Size, RecordSignature.Size).ToArray());
    }

    /// <summary>The grant as it stands in a peer record and in files.</summary>
    public byte[] Encode()
    {
        var writer = new BencodeWriter();
        writer.WriteDictionaryStart();
        writer.Field("body"u8, _body);
        writer.Field("sig"u8, _signature);
        writer.WriteEnd();
        return writer.ToArray();
    }

    /// <summary>Whether the swarm's root signed it. Whether it has ended is for the caller, who has a clock.</summary>
    public bool Verify(ECDsa rootKey) => RecordSignature.Verify(rootKey, RecordSignature.Name, _body, _signature);
}
