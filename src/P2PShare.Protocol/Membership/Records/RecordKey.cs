using System.Buffers.Binary;
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
        Span<byte> ids = stackalloc byte[2 * Hash256.Size];
        publisher.Value.CopyTo(ids);
        infoHash.Value.CopyTo(ids[Hash256.Size..]);
        return OfShare(ids[..Hash256.Size], ids[Hash256.Size..], Encoding.UTF8.GetBytes(name));
    }

    /// <summary>kind ‖ owner ‖ part as 4 bytes, big-endian.</summary>
    public static RecordKey OfHoldings(PeerId owner, uint part)
    {
        Span<byte> rest = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(rest, part);
        return Compute(RecordKind.Holdings, owner.Value, rest);
    }

    internal static RecordKey OfShare(ReadOnlySpan<byte> publisher, ReadOnlySpan<byte> infoHash, ReadOnlySpan<byte> name)
    {
        Span<byte> owner = stackalloc byte[1 + 2 * Hash256.Size];
        owner[0] = (byte)RecordKind.Share;
        publisher.CopyTo(owner[1..]);
        infoHash.CopyTo(owner[(1 + Hash256.Size)..]);
        return Compute(RecordKind.Share, owner, name);
    }

    private static RecordKey Compute(RecordKind kind, Hash256 owner, ReadOnlySpan<byte> rest)
    {
        Span<byte> first = stackalloc byte[1 + Hash256.Size];
        first[0] = (byte)kind;
        owner.CopyTo(first[1..]);
        return Compute(kind, first, rest);
    }

    private static RecordKey Compute(RecordKind kind, ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest)
    {
        var length = first.Length + rest.Length;
        // Names from outside have at most 255 bytes.
        var input = length <= 512 ? stackalloc byte[length] : new byte[length];
        first.CopyTo(input);
        rest.CopyTo(input[first.Length..]);
        return new RecordKey(kind, Hash256.Of(input));
    }
}
