using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace P2PShare.Protocol.Wire;

/// <summary>How much two peers of a crowded swarm should prefer each other (BEP 40): both ends compute the same number, nobody can choose it.</summary>
public static class CanonicalPriority
{
    private const int LongestAddress = 16;
    private const byte PartialMask = 0x55;

    /// <summary>The priority of two endpoints, each as the other sees it; higher is better.</summary>
    /// <exception cref="ArgumentException">One address is IPv4, the other IPv6.</exception>
    public static uint Compute(IPEndPoint one, IPEndPoint other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        Span<byte> first = stackalloc byte[LongestAddress];
        Span<byte> second = stackalloc byte[LongestAddress];
        var length = WriteAddress(one.Address, first);
        if (WriteAddress(other.Address, second) != length)
            throw new ArgumentException("The addresses are of different families.", nameof(other));
        first = first[..length];
        second = second[..length];

        if (first.SequenceEqual(second))
        {
            BinaryPrimitives.WriteUInt16BigEndian(first, (ushort)one.Port);
            BinaryPrimitives.WriteUInt16BigEndian(second, (ushort)other.Port);
            first = first[..sizeof(ushort)];
            second = second[..sizeof(ushort)];
        }
        else
        {
            // The part of the address that counts whole ends one byte after the part that both share,
            // but never before the network that hosts are given (a /16, or a /48 in IPv6).
            var network = length == LongestAddress ? 6 : 2;
            var common = first.CommonPrefixLength(second);
            var whole = common < network ? network : common + 1;
            for (var i = whole; i < length; i++)
            {
                first[i] &= PartialMask;
                second[i] &= PartialMask;
            }
        }

        return first.SequenceCompareTo(second) <= 0 ? Crc32C(first, second) : Crc32C(second, first);
    }

    private static int WriteAddress(IPAddress address, Span<byte> destination)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        address.TryWriteBytes(destination, out var length);
        return length;
    }

    private static uint Crc32C(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var crc = uint.MaxValue;
        foreach (var one in first) crc = BitOperations.Crc32C(crc, one);
        foreach (var one in second) crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }
}
