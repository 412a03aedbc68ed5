using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Transport;

namespace P2PShare.Engine.Tests.Transport;

public sealed class HandshakeGateTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Lets_only_so_many_run_at_once_and_the_next_in_when_one_ends()
    {
        using var gate = new HandshakeGate(2, _time);
        var begun = new List<int>();
        var ends = Enumerable.Range(0, 3).Select(_ => new TaskCompletionSource<int>()).ToArray();
        var runs = Enumerable.Range(0, 3).Select(i => gate.RunAsync(() => Begin(i), CancellationToken.None)).ToArray();
        Assert.Equal([0, 1], begun);

        ends[1].SetResult(11);
        Assert.Equal(11, await runs[1]);
        await Eventually.Holds(() => begun.Count == 3);
        ends[0].SetResult(10);
        ends[2].SetResult(12);
        var results = await Task.WhenAll(runs);
        Assert.Equal([10, 11, 12], results);

        Task<int> Begin(int i)
        {
            begun.Add(i);
            return ends[i].Task;
        }
    }

    [Fact]
    public async Task One_that_stalls_gives_its_place_up_and_may_still_end()
    {
        using var gate = new HandshakeGate(1, _time);
        var stalled = new TaskCompletionSource<string>();
        var first = gate.RunAsync(() => stalled.Task, CancellationToken.None);
        var second = gate.RunAsync(() => Task.FromResult("second"), CancellationToken.None);
        Assert.False(second.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("second", await second.WaitAsync(TimeSpan.FromSeconds(30)));
        stalled.SetResult("first");
        Assert.Equal("first", await first);

        // Its place was given up once, not twice.
        var third = new TaskCompletionSource<string>();
        var running = gate.RunAsync(() => third.Task, CancellationToken.None);
        var waiting = gate.RunAsync(() => Task.FromResult("fourth"), CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        third.SetResult("third");
        Assert.Equal("third", await running);
        Assert.Equal("fourth", await waiting.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Who_waits_can_be_cancelled_and_takes_no_place()
    {
        using var gate = new HandshakeGate(1, _time);
        var first = new TaskCompletionSource<int>();
        var running = gate.RunAsync(() => first.Task, CancellationToken.None);
        using var cancelled = new CancellationTokenSource();
        var waiting = gate.RunAsync(() => Task.FromResult(2), cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        first.SetResult(1);
        Assert.Equal(1, await running);
        Assert.Equal(3, await gate.RunAsync(() => Task.FromResult(3), CancellationToken.None));
    }

    [Fact]
    public async Task One_that_fails_gives_its_place_back()
    {
        using var gate = new HandshakeGate(1, _time);
        await Assert.ThrowsAsync<IOException>(() => gate.RunAsync<int>(() => throw new IOException(), CancellationToken.None));
        Assert.Equal(1, await gate.RunAsync(() => Task.FromResult(1), CancellationToken.None));
    }
}
