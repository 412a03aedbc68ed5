using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Transfers;

public sealed class PieceBufferPoolTests
{
    [Fact]
    public void Rents_no_more_than_its_capacity_unless_forced()
    {
        var pool = new PieceBufferPool(1 << 20);
        var first = pool.TryRent(512 * 1024, false);
        var second = pool.TryRent(512 * 1024, false);
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Null(pool.TryRent(1, false));
        var forced = pool.TryRent(1, true);
        Assert.NotNull(forced);
        pool.Return(forced);
        pool.Return(first);
        Assert.Same(first, pool.TryRent(300 * 1024, false));
    }

    [Fact]
    public void Says_when_there_is_room_again_and_only_if_it_had_refused()
    {
        var pool = new PieceBufferPool(1 << 20);
        var raised = 0;
        pool.Available += () => raised++;
        var buffer = pool.TryRent(1 << 20, false)!;
        pool.Return(buffer);
        Assert.Equal(0, raised);
        buffer = pool.TryRent(1 << 20, false)!;
        Assert.Null(pool.TryRent(1, false));
        pool.Return(buffer);
        Assert.Equal(1, raised);
    }

    [Fact]
    public void Keeps_free_buffers_of_other_sizes_only_while_there_is_room()
    {
        var pool = new PieceBufferPool(1 << 20);
        var small = Enumerable.Range(0, 16).Select(_ => pool.TryRent(64 * 1024, false)!).ToArray();
        foreach (var buffer in small) pool.Return(buffer);
        var large = pool.TryRent(1 << 20, false);
        Assert.NotNull(large);
        pool.Return(large);
        var fresh = pool.TryRent(64 * 1024, false);
        Assert.DoesNotContain(small, buffer => ReferenceEquals(buffer, fresh));
        Assert.Equal(64 * 1024, pool.Rented);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData((1 << 30) + 1)]
    public void Refuses_impossible_sizes(int size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PieceBufferPool().TryRent(size, true));
}
