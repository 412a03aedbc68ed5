using System.Buffers.Binary;
using System.Security.Cryptography;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>
/// Which records, in which versions, someone has, in 768 bytes: for each of the three kinds 16 buckets, chosen by the high
/// four bits of the record's key; a bucket is the XOR of 16 bytes for each of its records, so records come and go in any
/// order. Buckets that are equal hold the same records and need not be sent. Not safe for several threads at once.
/// </summary>
public sealed class CatalogueDigest
{
    /// <summary>Buckets of each kind.</summary>
    public const int BucketCount = 16;

    /// <summary>The digest's length in bytes.</summary>
    public const int Size = KindCount * BucketCount * BucketSize;

    private const int KindCount = 3;
    private const int BucketSize = 16;

    private readonly UInt128[] _buckets = new UInt128[KindCount * BucketCount];

    /// <summary>Reads the 768 bytes: peers, shares, holdings; each from bucket 0 to 15.</summary>
    /// <exception cref="MembershipException">Another length.</exception>
    public static CatalogueDigest Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new MembershipException(MembershipErrorKind.InvalidValue, $"A digest of {bytes.Length} bytes.");
        var digest = new CatalogueDigest();
        for (var i = 0; i < digest._buckets.Length; i++)
            digest._buckets[i] = BinaryPrimitives.ReadUInt128BigEndian(bytes[(i * BucketSize)..]);
        return digest;
    }

    /// <summary>The bucket, 0 to 15, of a record.</summary>
    public static int BucketOf(RecordKey key) => key.Hash.FirstByte >> 4;

    /// <summary>Adds a record that was not there.</summary>
    public void Add(RecordKey key, long version) => _buckets[IndexOf(key)] ^= Fingerprint(key, version);

    /// <summary>Takes away a record that was added, in that version.</summary>
    public void Remove(RecordKey key, long version) => Add(key, version);

    /// <inheritdoc cref="Add(RecordKey, long)"/>
    public void Add(SignedRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        Add(record.Key, record.Version);
    }

    /// <inheritdoc cref="Remove(RecordKey, long)"/>
    public void Remove(SignedRecord record) => Add(record);

    /// <summary>Whether the record's bucket is another than in <paramref name="other"/>, so that the record may be missing there.</summary>
    public bool Differs(CatalogueDigest other, RecordKey key)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _buckets[IndexOf(key)] != other._buckets[IndexOf(key)];
    }

    /// <summary>Whether all buckets are equal.</summary>
    public bool IsSameAs(CatalogueDigest other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _buckets.AsSpan().SequenceEqual(other._buckets);
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        for (var i = 0; i < _buckets.Length; i++) BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(i * BucketSize), _buckets[i]);
        return bytes;
    }

    /// <summary>A copy that stays as it is now.</summary>
    public CatalogueDigest Clone()
    {
        var copy = new CatalogueDigest();
        _buckets.CopyTo(copy._buckets, 0);
        return copy;
    }

    private static int IndexOf(RecordKey key) => key.Kind is RecordKind.Peer or RecordKind.Share or RecordKind.Holdings
        ? ((int)key.Kind - 1) * BucketCount + BucketOf(key)
        : throw new ArgumentException("Records of that kind are in no digest.", nameof(key));

    // The first 16 bytes of SHA-256 over the key and the version as 8 bytes, big-endian.
    private static UInt128 Fingerprint(RecordKey key, long version)
    {
        Span<byte> input = stackalloc byte[Hash256.Size + sizeof(long)];
        key.Hash.CopyTo(input);
        BinaryPrimitives.WriteInt64BigEndian(input[Hash256.Size..], version);
        Span<byte> hash = stackalloc byte[Hash256.Size];
        SHA256.HashData(input, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
