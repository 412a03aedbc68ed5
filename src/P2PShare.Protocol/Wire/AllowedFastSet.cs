using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;

namespace P2PShare.Protocol.Wire;

/// <summary>The pieces a peer may ask for while choked (BEP 6): the same for everyone who computes them for one address.</summary>
public static class AllowedFastSet
{
    /// <summary>How many pieces BEP 6 grants.</summary>
    public const int DefaultCount = 10;

    /// <param name="infoHash">The 20 bytes of the handshake.</param>
    /// <param name="address">The receiver's IPv4 address, as seen from here; for IPv6 there is no set.</param>
    /// <param name="pieceCount">Pieces of the torrent.</param>
    /// <param name="count">Pieces wanted; a torrent with fewer has all of them in the set.</param>
    /// <returns>Indices in the order BEP 6 finds them; none for an IPv6 address.</returns>
    public static IReadOnlyList<int> Compute(ReadOnlySpan<byte> infoHash, IPAddress address, int pieceCount, int count = DefaultCount)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentOutOfRangeException.ThrowIfNegative(pieceCount);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (infoHash.Length != Handshake.IdSize) throw new ArgumentException("A truncated info-hash has 20 bytes.", nameof(infoHash));
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();

        Span<byte> seed = stackalloc byte[4 + Handshake.IdSize];
        if (!address.TryWriteBytes(seed, out var addressLength) || addressLength != 4) return [];
        // The last octet is dropped so that one network does not collect a set for each of its addresses.
        seed[3] = 0;
        infoHash.CopyTo(seed[4..]);

        if (count >= pieceCount) return [.. Enumerable.Range(0, pieceCount)];
        var found = new HashSet<int>(count);
        var set = new List<int>(count);
        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // BEP 6 names SHA-1; it spreads numbers here and protects nothing.
        SHA1.HashData(seed, digest);
        while (true)
        {
            for (var i = 0; i < digest.Length; i += 4)
            {
                if (set.Count == count) return set;
                var index = (int)(BinaryPrimitives.ReadUInt32BigEndian(digest[i..]) % (uint)pieceCount);
                if (found.Add(index)) set.Add(index);
            }

            SHA1.HashData(digest, digest);
        }
#pragma warning restore CA5350
    }
}
