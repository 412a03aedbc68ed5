using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>Items as they are sent: 33 bytes each, info-hash and state, strictly ascending by info-hash, one string for all of them.</summary>
internal static class HoldingsItems
{
    public const int ItemSize = Hash256.Size + 1;

    public static HoldingsItem Read(ReadOnlySpan<byte> items, int index)
    {
        var item = items.Slice(index * ItemSize, ItemSize);
        return new HoldingsItem(new InfoHash(new Hash256(item[..Hash256.Size])), (HoldingState)item[Hash256.Size]);
    }

    /// <summary>Sorts and packs.</summary>
    /// <exception cref="ArgumentException">A share twice, too many, or a state that may not stand there.</exception>
    public static byte[] Pack(IEnumerable<HoldingsItem> items, bool isDelta)
    {
        var sorted = items.OrderBy(item => item.InfoHash).ToList();
        if (sorted.Count > MembershipLimits.MaxHoldings) throw new ArgumentException($"More than {MembershipLimits.MaxHoldings} items.", nameof(items));
        var packed = new byte[sorted.Count * ItemSize];
        for (var i = 0; i < sorted.Count; i++)
        {
            if (i > 0 && sorted[i].InfoHash == sorted[i - 1].InfoHash) throw new ArgumentException("A share occurs twice.", nameof(items));
            if (!IsAllowed((byte)sorted[i].State, isDelta)) throw new ArgumentException($"The state {sorted[i].State} cannot stand here.", nameof(items));
            Write(packed, i, sorted[i]);
        }

        return packed;
    }

    /// <exception cref="MembershipException">Not whole items, unsorted, doubled, or with a state that may not stand there.</exception>
    public static void Check(ReadOnlySpan<byte> items, bool isDelta)
    {
        if (items.Length % ItemSize != 0) throw new MembershipException(MembershipErrorKind.InvalidValue, "Holdings are not a whole number of items.");
        for (var at = 0; at < items.Length; at += ItemSize)
        {
            if (!IsAllowed(items[at + Hash256.Size], isDelta))
                throw new MembershipException(MembershipErrorKind.InvalidValue, $"A holding cannot have the state {items[at + Hash256.Size]} here.");
            if (at > 0 && items.Slice(at - ItemSize, Hash256.Size).SequenceCompareTo(items.Slice(at, Hash256.Size)) >= 0)
                throw new MembershipException(MembershipErrorKind.NotSorted, "Holdings are not strictly ascending.");
        }
    }

    /// <summary>The state of a share: <see cref="HoldingState.None"/> if it is not listed.</summary>
    public static HoldingState Find(ReadOnlySpan<byte> items, InfoHash infoHash)
    {
        var low = 0;
        var high = items.Length / ItemSize - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var item = Read(items, middle);
            var order = item.InfoHash.CompareTo(infoHash);
            if (order == 0) return item.State;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return HoldingState.None;
    }

    /// <summary>What must change for <paramref name="from"/> to become <paramref name="to"/>.</summary>
    public static byte[] Difference(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        var changes = new List<byte>();
        while (!from.IsEmpty || !to.IsEmpty)
        {
            var order = Order(from, to);
            if (order < 0)
            {
                changes.AddRange(from[..Hash256.Size]);
                changes.Add((byte)HoldingState.None);
            }
            else if (order > 0 || from[Hash256.Size] != to[Hash256.Size])
            {
                changes.AddRange(to[..ItemSize]);
            }

            if (order <= 0) from = from[ItemSize..];
            if (order >= 0) to = to[ItemSize..];
        }

        return [.. changes];
    }

    /// <summary>The items after the changes.</summary>
    public static byte[] Merge(ReadOnlySpan<byte> items, ReadOnlySpan<byte> changes)
    {
        var merged = new List<byte>(items.Length + changes.Length);
        while (!items.IsEmpty || !changes.IsEmpty)
        {
            var order = Order(items, changes);
            if (order < 0) merged.AddRange(items[..ItemSize]);
            else if (changes[Hash256.Size] != (byte)HoldingState.None) merged.AddRange(changes[..ItemSize]);
            if (order <= 0) items = items[ItemSize..];
            if (order >= 0) changes = changes[ItemSize..];
        }

        return [.. merged];
    }

    // Which of the two lists has the lower item first; a list at its end has none.
    private static int Order(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        if (one.IsEmpty) return 1;
        return other.IsEmpty ? -1 : one[..Hash256.Size].SequenceCompareTo(other[..Hash256.Size]);
    }

    private static bool IsAllowed(byte state, bool isDelta) =>
        state <= (byte)HoldingState.Complete && (isDelta || state != (byte)HoldingState.None);

    private static void Write(Span<byte> items, int index, HoldingsItem item)
    {
        item.InfoHash.Value.CopyTo(items[(index * ItemSize)..]);
        items[index * ItemSize + Hash256.Size] = (byte)item.State;
    }
}
