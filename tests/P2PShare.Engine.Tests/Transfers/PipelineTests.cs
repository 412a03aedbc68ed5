using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Transfers;

public sealed class PipelineTests
{
    [Fact]
    public void It_grows_to_bandwidth_times_delay()
    {
        var time = new FakeTimeProvider();
        var sizer = new PipelineSizer(time);
        sizer.Resume();
        // 10,000 blocks a second over 20 ms: at least 200 must be outstanding.
        Run(time, sizer, blocksPerSecond: 10_000, roundTripMs: 20);
        Assert.InRange(sizer.Depth, 400, PipelineSizer.MaxDepth);
    }

    [Fact]
    public void A_slow_peer_is_asked_for_little_at_a_time()
    {
        var time = new FakeTimeProvider();
        var sizer = new PipelineSizer(time);
        sizer.Resume();
        Run(time, sizer, blocksPerSecond: 60, roundTripMs: 1);
        Assert.InRange(sizer.Depth, PipelineSizer.MinDepth, 12);
    }

    [Fact]
    public void The_peers_own_limit_is_kept()
    {
        var time = new FakeTimeProvider();
        var sizer = new PipelineSizer(time);
        sizer.LimitTo(5);
        Assert.Equal(5, sizer.Depth);
        sizer.Resume();
        Run(time, sizer, blocksPerSecond: 100_000, roundTripMs: 50);
        Assert.Equal(5, sizer.Depth);
    }

    [Fact]
    public void It_grows_when_it_runs_dry_between_two_batches()
    {
        var time = new FakeTimeProvider();
        var sizer = new PipelineSizer(time);
        for (var batch = 0; batch < 100; batch++)
        {
            sizer.Resume();
            time.Advance(TimeSpan.FromMilliseconds(2));
            for (var block = 0; block < PipelineSizer.InitialDepth; block++) sizer.Count();
            sizer.Pause();
            sizer.Update(TimeSpan.Zero);
            // Nothing is asked for meanwhile, and that does not count: it brought 16,000 blocks a second.
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(16_000, sizer.Rate, 1.0);
        Assert.InRange(sizer.Depth, 400, PipelineSizer.MaxDepth);
    }

    private static void Run(FakeTimeProvider time, PipelineSizer sizer, int blocksPerSecond, int roundTripMs)
    {
        for (var i = 0; i < 100; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(50));
            for (var block = 0; block < blocksPerSecond / 20; block++) sizer.Count();
            sizer.Update(TimeSpan.FromMilliseconds(roundTripMs));
        }
    }
}
