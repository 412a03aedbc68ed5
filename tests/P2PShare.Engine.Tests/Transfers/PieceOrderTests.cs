using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Transfers;

public sealed class PieceOrderTests
{
    [Fact]
    public void The_rarest_candidate_comes_first()
    {
        var order = new PieceOrder(4, new Random(1));
        for (var piece = 0; piece < 4; piece++) order.Add(piece);
        order.Increment(0);
        order.Increment(0);
        order.Increment(1);
        order.Increment(2);
        order.Increment(3);
        order.Increment(3);
        order.Increment(2);
        Assert.Equal(1, order.Rarest(0, (_, _) => true));
        Assert.Contains(order.Rarest(0, (_, piece) => piece != 1), new[] { 0, 2, 3 });
        Assert.Equal(-1, order.Rarest(0, (_, _) => false));
    }

    [Fact]
    public void Ties_are_broken_at_random()
    {
        var seen = new HashSet<int>();
        for (var seed = 0; seed < 60; seed++)
        {
            var order = new PieceOrder(5, new Random(seed));
            for (var piece = 0; piece < 5; piece++) order.Add(piece);
            seen.Add(order.Rarest(0, (_, _) => true));
        }

        Assert.Equal(5, seen.Count);
    }

    [Fact]
    public void Any_sequence_of_changes_keeps_the_order()
    {
        const int pieces = 40;
        var random = new Random(7);
        var order = new PieceOrder(pieces, new Random(8));
        var availability = new int[pieces];
        var contained = new bool[pieces];
        for (var step = 0; step < 20_000; step++)
        {
            var piece = random.Next(pieces);
            switch (random.Next(4))
            {
                case 0:
                    order.Add(piece);
                    contained[piece] = true;
                    break;
                case 1:
                    order.Remove(piece);
                    contained[piece] = false;
                    break;
                case 2 when availability[piece] < 40:
                    order.Increment(piece);
                    availability[piece]++;
                    break;
                case 3 when availability[piece] > 0:
                    order.Decrement(piece);
                    availability[piece]--;
                    break;
            }

            Assert.Equal(contained.Count(one => one), order.Count);
            var minimum = Enumerable.Range(0, pieces).Where(one => contained[one]).Select(one => availability[one]).DefaultIfEmpty(-1).Min();
            var found = order.Rarest(0, (_, _) => true);
            Assert.Equal(minimum, found < 0 ? -1 : availability[found]);
            if (found >= 0) Assert.True(contained[found]);
            var wanted = random.Next(pieces);
            Assert.Equal(contained[wanted] ? wanted : -1, order.Rarest(wanted, (state, one) => one == state));
            var from = random.Next(4);
            var rare = order.Rarest(0, (_, _) => true, from);
            var expected = Enumerable.Range(0, pieces).Where(one => contained[one] && availability[one] >= from).Select(one => availability[one]).DefaultIfEmpty(-1).Min();
            Assert.Equal(expected, rare < 0 ? -1 : availability[rare]);
        }
    }
}
