using FsCheck.Xunit;
using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Tests.Storage;

public sealed class PieceSetTests
{
    [Property]
    public void Is_the_set_of_what_was_added_and_not_removed(byte[] added, byte[] removed)
    {
        var set = new PieceSet(256);
        var expected = new HashSet<int>();
        foreach (var piece in added) Assert.Equal(expected.Add(piece), set.Add(piece));
        foreach (var piece in removed) Assert.Equal(expected.Remove(piece), set.Remove(piece));
        Assert.Equal(expected.Count, set.Count);
        var again = PieceSet.FromBytes(set.ToBytes(), 256)!;
        Assert.Equal(expected.Order(), Enumerable.Range(0, 256).Where(again.Contains));
        Assert.Equal(expected.Count, again.Count);
    }

    [Fact]
    public void Refuses_bytes_of_another_size_or_with_spare_bits()
    {
        Assert.Null(PieceSet.FromBytes([0, 0], 8));
        Assert.Null(PieceSet.FromBytes([0], 9));
        Assert.Null(PieceSet.FromBytes([0b1000], 3));
        Assert.Equal(1, PieceSet.FromBytes([0b100], 3)!.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => new PieceSet(3).Contains(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PieceSet(3).Add(-1));
    }

    [Fact]
    public void Counts_right_when_many_threads_use_it()
    {
        var set = new PieceSet(1000);
        Parallel.For(0, 8000, i => set.Add(i % 1000));
        Assert.Equal(1000, set.Count);
        Parallel.For(0, 8000, i => set.Remove(i % 1000));
        Assert.Equal(0, set.Count);
    }
}
