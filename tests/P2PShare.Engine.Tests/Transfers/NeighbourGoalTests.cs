using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Transfers;

public sealed class NeighbourGoalTests
{
    private const long LongToGo = 1L << 40;

    private readonly FakeTimeProvider _time = new();
    private readonly NeighbourGoal _goal;

    public NeighbourGoalTests() => _goal = new NeighbourGoal(_time);

    [Fact]
    public void Who_is_done_soon_keeps_the_few_it_began_with()
    {
        for (var i = 0; i < 10; i++) Look(rate: 1_000_000, missing: 9_000_000);
        Assert.Equal(NeighbourGoal.Initial, _goal.Count);
    }

    [Fact]
    public void More_are_tried_as_long_as_each_time_that_was_faster()
    {
        Look(rate: 1000, LongToGo);
        Assert.Equal(NeighbourGoal.Initial + 4, _goal.Count);
        Look(rate: 1500, LongToGo);
        Assert.Equal(NeighbourGoal.Initial + 8, _goal.Count);
        for (var i = 0; i < 10; i++) Look(rate: 1500, LongToGo);
        Assert.Equal(NeighbourGoal.Initial + 8, _goal.Count);
    }

    [Fact]
    public void The_first_few_are_judged_sooner_than_those_after_them()
    {
        _time.Advance(NeighbourGoal.FirstInterval);
        _goal.Update(_goal.Count, rate: 1000, LongToGo);
        Assert.Equal(NeighbourGoal.Initial + 4, _goal.Count);
        _time.Advance(NeighbourGoal.FirstInterval);
        _goal.Update(_goal.Count, rate: 2000, LongToGo);
        Assert.Equal(NeighbourGoal.Initial + 4, _goal.Count);
        _time.Advance(NeighbourGoal.Interval - NeighbourGoal.FirstInterval);
        _goal.Update(_goal.Count, rate: 2000, LongToGo);
        Assert.Equal(NeighbourGoal.Initial + 8, _goal.Count);
    }

    [Fact]
    public void A_transfer_that_stands_still_tries_all_it_may()
    {
        for (var i = 0; i < 10; i++) Look(rate: 0, missing: 1000);
        Assert.Equal(NeighbourGoal.Most, _goal.Count);
    }

    [Fact]
    public async Task One_to_whom_nothing_comes_looks_for_others_within_seconds()
    {
        var time = new FakeTimeProvider();
        await using var swarm = new TestSwarm(time);
        var share = TestShare.Make(22, 64 * 1024, 300_000);
        // All of them have a first piece alone; the one that has the rest is hardly among the first four.
        for (var i = 0; i < 24; i++) swarm.AddPeer().Seed(share, share.FullStorage(static piece => piece == 0));
        swarm.AddPeer().Seed(share);
        var transfer = swarm.AddPeer().Receive(share, withInfo: true);
        var begun = time.GetTimestamp();
        await swarm.UntilStep(() => transfer.Completion.IsCompleted, "completion", () => time.Advance(TimeSpan.FromMilliseconds(10)));
        Assert.InRange(time.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    [Fact]
    public void Nothing_is_concluded_before_all_wanted_neighbours_are_there_or_too_early()
    {
        _time.Advance(TimeSpan.FromMinutes(1));
        _goal.Update(NeighbourGoal.Initial - 1, 0, LongToGo);
        Assert.Equal(NeighbourGoal.Initial, _goal.Count);
        Look(rate: 0, LongToGo);
        _goal.Update(_goal.Count, 0, LongToGo);
        Assert.Equal(NeighbourGoal.Initial + 4, _goal.Count);
    }

    private void Look(long rate, long missing)
    {
        _time.Advance(NeighbourGoal.Interval);
        _goal.Update(_goal.Count, rate, missing);
    }
}
