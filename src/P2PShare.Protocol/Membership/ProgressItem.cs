using System.Buffers.Binary;

namespace P2PShare.Protocol.Membership;

/// <summary>How far one peer is with a share.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Done">How much it has of what it wants, in hundredths of a percent: 0 to <see cref="Whole"/>.</param>
/// <param name="Rate">Bytes per second received, from 0; what is beyond <see cref="MaxRate"/> is written as that.</param>
public readonly record struct ProgressItem(PeerId Peer, ProgressState State, int Done, long Rate)
{
    /// <summary>All of it.</summary>
    public const int Whole = 10_000;

    /// <summary>2^40 - 1.</summary>
    public const long MaxRate = (1L << 40) - 1;

    /// <summary>Bytes of an item: peer id 32, state 1, done 2, rate 5.</summary>
    internal const int Size = Hash256.Size + 8;

    /// <summary>Sorts and packs.</summary>
    /// <exception cref="ArgumentException">A peer twice, too many, or a value out of range.</exception>
    internal static byte[] Pack(IReadOnlyList<ProgressItem> items)
    {
        if (items.Count > MembershipLimits.MaxProgressItems) throw new ArgumentException($"More than {MembershipLimits.MaxProgressItems} items.", nameof(items));
        var sorted = items.OrderBy(item => item.Peer).ToList();
        var packed = new byte[sorted.Count * Size];
        for (var i = 0; i < sorted.Count; i++)
        {
            if (i > 0 && sorted[i].Peer == sorted[i - 1].Peer) throw new ArgumentException("A peer occurs twice.", nameof(items));
            sorted[i].Write(packed.AsSpan(i * Size, Size));
        }

        return packed;
    }

    /// <exception cref="MembershipException">Not whole items, not strictly ascending by peer, or a value out of range.</exception>
    internal static IReadOnlyList<ProgressItem> Unpack(ReadOnlySpan<byte> packed)
    {
        if (packed.Length % Size != 0) throw new MembershipException(MembershipErrorKind.InvalidValue, "Progress is not a whole number of items.");
        var items = new List<ProgressItem>(packed.Length / Size);
        for (var at = 0; at < packed.Length; at += Size)
        {
            var item = Read(packed.Slice(at, Size));
            if (items.Count > 0 && item.Peer <= items[^1].Peer) throw new MembershipException(MembershipErrorKind.NotSorted, "Progress is not strictly ascending by peer.");
            items.Add(item);
        }

        return items;
    }

    private static ProgressItem Read(ReadOnlySpan<byte> item)
    {
        var rest = BinaryPrimitives.ReadUInt64BigEndian(item[Hash256.Size..]);
        var state = (ProgressState)(rest >> 56);
        var done = (int)(rest >> 40 & 0xFFFF);
        if (done > Whole) throw new MembershipException(MembershipErrorKind.InvalidValue, $"Progress of {done} out of {Whole}.");
        return new ProgressItem(new PeerId(new Hash256(item[..Hash256.Size])), state > ProgressState.Complete ? ProgressState.None : state, done, (long)(rest & MaxRate));
    }

    private void Write(Span<byte> item)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((byte)State, (byte)ProgressState.Complete, nameof(State));
        ArgumentOutOfRangeException.ThrowIfNegative(Done);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Done, Whole);
        ArgumentOutOfRangeException.ThrowIfNegative(Rate);
        Peer.Value.CopyTo(item);
        BinaryPrimitives.WriteUInt64BigEndian(item[Hash256.Size..], (ulong)State << 56 | (ulong)Done << 40 | (ulong)Math.Min(Rate, MaxRate));
    }
}
