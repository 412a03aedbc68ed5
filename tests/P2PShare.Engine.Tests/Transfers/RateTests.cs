using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Transfers;

public sealed class RateTests
{
    [Fact]
    public void A_steady_rate_is_told_as_it_is()
    {
        var time = new FakeTimeProvider();
        var meter = new RateMeter(time);
        for (var i = 0; i < 100; i++)
        {
            meter.Add(50_000);
            time.Advance(TimeSpan.FromMilliseconds(100));
            _ = meter.BytesPerSecond;
        }

        Assert.InRange(meter.BytesPerSecond, 490_000, 510_000);
        Assert.Equal(5_000_000, meter.Total);
    }

    [Fact]
    public void A_rate_fades_when_nothing_comes()
    {
        var time = new FakeTimeProvider();
        var meter = new RateMeter(time);
        meter.Add(1_000_000);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1_000_000, meter.BytesPerSecond);
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.InRange(meter.BytesPerSecond, 0, 1000);
    }

    [Fact]
    public void Over_time_a_limiter_lets_through_what_it_is_set_to()
    {
        var time = new FakeTimeProvider();
        var limiter = new RateLimiter(time) { Limit = 1_000_000 };
        var taken = 0L;
        for (var i = 0; i < 100; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            while (limiter.TryTake(16_384)) taken += 16_384;
        }

        Assert.InRange(taken, 9_900_000, 10_100_000);
    }

    [Fact]
    public void Without_a_limit_everything_passes()
    {
        var limiter = new RateLimiter(new FakeTimeProvider());
        for (var i = 0; i < 1000; i++) Assert.True(limiter.TryTake(1 << 20));
        limiter.Limit = 1;
        Assert.False(limiter.TryTake(1));
        limiter.Limit = null;
        Assert.True(limiter.TryTake(1));
    }

    [Fact]
    public void A_limit_is_positive()
    {
        var limiter = new RateLimiter(new FakeTimeProvider());
        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.Limit = 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.Limit = -5);
    }
}
