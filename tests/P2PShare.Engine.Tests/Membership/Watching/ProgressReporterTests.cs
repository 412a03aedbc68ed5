using P2PShare.Engine.Membership.Watching;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Membership.Watching;

public sealed class ProgressReporterTests
{
    private static readonly InfoHash Share = new(Hash256.Of("share"u8));
    private static readonly PeerId Self = new(Hash256.Of("self"u8));

    private readonly ProgressReporter _reporter = new(Self);
    private ProgressItem _now;

    [Fact]
    public void Says_nothing_unasked_and_nothing_when_there_is_nothing_to_tell()
    {
        _now = new ProgressItem(default, ProgressState.Receiving, 10, 10);
        Assert.Null(At(0));
        _reporter.Ask(new ProgressSubscribe(Share, 15), TimeSpan.Zero);
        _now = default;
        for (var second = 0; second < 10; second++) Assert.Null(At(second));
    }

    [Fact]
    public void Answers_at_once_and_then_once_a_second_what_has_changed()
    {
        _reporter.Ask(new ProgressSubscribe(Share, 15), TimeSpan.Zero);
        _now = new ProgressItem(default, ProgressState.Receiving, 10, 1_000);
        Assert.Equal(_now with { Peer = Self }, At(0));
        _now = _now with { Done = 20 };
        Assert.Null(At(0.25));
        Assert.Null(At(0.75));
        Assert.Equal(20, At(1)!.Value.Done);
        _now = _now with { Rate = 1_030 };
        Assert.Null(At(2));
        _now = _now with { Rate = 1_100 };
        Assert.Equal(1_100, At(3)!.Value.Rate);
        _now = default;
        Assert.Equal(ProgressState.None, At(4)!.Value.State);
        Assert.Null(At(5));
    }

    [Fact]
    public void Says_again_what_has_not_changed_each_time_it_is_asked()
    {
        _reporter.Ask(new ProgressSubscribe(Share, 15), TimeSpan.Zero);
        _now = new ProgressItem(default, ProgressState.Suspended, 10, 0);
        Assert.NotNull(At(0));
        Assert.Null(At(9));
        _reporter.Ask(new ProgressSubscribe(Share, 15), TimeSpan.FromSeconds(10));
        Assert.NotNull(At(10));
        Assert.Null(At(12));
    }

    [Fact]
    public void Ends_when_it_is_told_to_or_not_asked_again_or_the_coordinator_is_another()
    {
        _now = new ProgressItem(default, ProgressState.Receiving, 10, 0);
        _reporter.Ask(new ProgressSubscribe(Share, 15), TimeSpan.Zero);
        Assert.NotNull(At(0));
        _now = _now with { Done = 11 };
        Assert.Null(At(16));
        Assert.True(_reporter.IsIdle);

        _reporter.Ask(new ProgressSubscribe(Share, 15), TimeSpan.FromSeconds(20));
        Assert.NotNull(At(20));
        _reporter.Ask(new ProgressSubscribe(Share, 0), TimeSpan.FromSeconds(21));
        Assert.True(_reporter.IsIdle);

        _reporter.Ask(new ProgressSubscribe(Share, 15), TimeSpan.FromSeconds(30));
        _reporter.Clear();
        Assert.Null(At(31));
    }

    private ProgressItem? At(double seconds) => _reporter.Tick(TimeSpan.FromSeconds(seconds), _ => _now) is [{ Items: [var item] }] ? item : null;
}
