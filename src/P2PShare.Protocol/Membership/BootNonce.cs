using System.Buffers.Binary;

namespace P2PShare.Protocol.Membership;

/// <summary>16 random bytes chosen at each start of a process: two links with one peer id and one nonce are one process, with two nonces a restart or a cloned machine.</summary>
public readonly record struct BootNonce(UInt128 Value)
{
    /// <summary>The nonce's length in bytes.</summary>
    public const int Size = 16;

    /// <exception cref="ArgumentException">The span is not 16 bytes long.</exception>
    public BootNonce(ReadOnlySpan<byte> bytes) : this(bytes.Length == Size
        ? BinaryPrimitives.ReadUInt128BigEndian(bytes)
        : throw new ArgumentException("A boot nonce has 16 bytes.", nameof(bytes)))
    {
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return bytes;
    }

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());
}
