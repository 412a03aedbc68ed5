using System.Buffers.Binary;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Wire;

/// <summary>The 68 bytes that open a foreign connection (BEP 3, 52): protocol name, reserved bytes, info-hash cut to 20 bytes, peer id. Links have none; TLS has said it all.</summary>
public sealed class Handshake
{
    /// <summary>The handshake's length in bytes.</summary>
    public const int Size = 68;

    /// <summary>The first byte, by which a listener knows plain BitTorrent.</summary>
    public const byte FirstByte = 19;

    /// <summary>The length of the two ids in bytes.</summary>
    public const int IdSize = 20;

    private const int ReservedOffset = 20;
    private const int InfoHashOffset = 28;
    private const int PeerIdOffset = 48;

    private readonly byte[] _infoHash;
    private readonly byte[] _peerId;

    /// <exception cref="ArgumentException">An id is not 20 bytes long.</exception>
    public Handshake(HandshakeFeatures features, ReadOnlySpan<byte> infoHash, ReadOnlySpan<byte> peerId)
    {
        if (infoHash.Length != IdSize) throw new ArgumentException("A truncated info-hash has 20 bytes.", nameof(infoHash));
        if (peerId.Length != IdSize) throw new ArgumentException("A BitTorrent peer id has 20 bytes.", nameof(peerId));
        Features = features;
        _infoHash = infoHash.ToArray();
        _peerId = peerId.ToArray();
    }

    /// <summary>All 64 reserved bits, those unknown to us included.</summary>
    public HandshakeFeatures Features { get; }

    /// <summary>20 bytes: the v2 info-hash cut short, or a v1 info-hash.</summary>
    public ReadOnlySpan<byte> InfoHash => _infoHash;

    /// <summary>20 bytes; nothing to do with a member's <see cref="Membership.PeerId"/>.</summary>
    public ReadOnlySpan<byte> PeerId => _peerId;

    public bool Supports(HandshakeFeatures features) => (Features & features) == features;

    /// <summary>Whether the handshake names that v2 torrent: its first 20 bytes are equal.</summary>
    public bool IsFor(InfoHash infoHash)
    {
        Span<byte> whole = stackalloc byte[Hash256.Size];
        infoHash.Value.CopyTo(whole);
        return whole[..IdSize].SequenceEqual(_infoHash);
    }

    /// <summary>Whether bytes that have come so far can be the beginning of a handshake, so that a stranger is known before all 68 are here.</summary>
    public static bool CanBegin(ReadOnlySpan<byte> bytes)
    {
        var known = Math.Min(bytes.Length, ProtocolName.Length);
        return bytes[..known].SequenceEqual(ProtocolName[..known]);
    }

    /// <exception cref="WireException">Not 68 bytes, or another protocol's name.</exception>
    public static Handshake Read(ReadOnlySpan<byte> bytes)
    {
        MessageLengths.Require(bytes.Length == Size, "handshake", bytes.Length);
        if (!bytes.StartsWith(ProtocolName)) throw new WireException(WireErrorKind.NotBitTorrent, "The first bytes are not a BitTorrent handshake.");
        var reserved = BinaryPrimitives.ReadUInt64BigEndian(bytes[ReservedOffset..]);
        return new Handshake((HandshakeFeatures)reserved, bytes.Slice(InfoHashOffset, IdSize), bytes.Slice(PeerIdOffset, IdSize));
    }

    /// <summary>Writes the 68 bytes and returns 68.</summary>
    public int Write(Span<byte> destination)
    {
        _peerId.CopyTo(destination[PeerIdOffset..]);
        _infoHash.CopyTo(destination[InfoHashOffset..]);
        BinaryPrimitives.WriteUInt64BigEndian(destination[ReservedOffset..], (ulong)Features);
        ProtocolName.CopyTo(destination);
        return Size;
    }

    private static ReadOnlySpan<byte> ProtocolName => "\u0013BitTorrent protocol"u8;
}
