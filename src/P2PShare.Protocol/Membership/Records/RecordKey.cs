using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>What two versions of one record have in common: SHA-256 over the kind's byte and whatever identifies a record of that kind.</summary>
/// <param name="Kind">Peer, share or holdings.</param>
/// <param name="Hash">SHA-256 as described.</param>
public readonly record struct RecordKey(RecordKind Kind, Hash256 Hash)
{
    /// <summary>kind ‖ peer id.</summary>
    public static RecordKey OfPeer(PeerId peer) => Compute(RecordKind.Peer, peer.Value, []);

    /// <summary>kind ‖ publisher ‖ info-hash ‖ name in UTF-8.</summary>
    public static RecordKey OfShare(PeerId publisher, InfoHash infoHash, string name)
    {
        var rest = new byte[Hash256.Size + Encoding.UTF8.GetByteCount(name)];
        infoHash.Value.CopyTo(rest);
        Encoding.UTF8.GetBytes(name, rest.AsSpan(Hash256.Size));
        return Compute(RecordKind.Share, publisher.Value, rest);
    }

    /// <summary>kind ‖ owner ‖ part as 4 bytes, big-endian.</summary>
    public static RecordKey OfHoldings(PeerId owner, uint part)
    {
        Span<byte> rest = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(rest, part);
        return Compute(RecordKind.Holdings, owner.Value, rest);
    }

    private static RecordKey Compute(RecordKind kind, Hash256 owner, ReadOnlySpan<byte> rest)
    {
        var input = new byte[1 + Hash256.Size + rest.Length];
        input[0] = (byte)kind;
        owner.CopyTo(input.AsSpan(1));
        rest.CopyTo(input.AsSpan(1 + Hash256.Size));
        return new RecordKey(kind, Hash256.Of(input));
    }
}
