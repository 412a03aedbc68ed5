using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Membership.Watching;
using P2PShare.Engine.Tests.Transport;
using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Membership.Watching;

/// <summary>Watching in a swarm of fifty on a network in memory, in virtual time.</summary>
public sealed class WatchingTests : IAsyncLifetime
{
    private const int Receiving = 46;
    private const int Idle = 3;
    private const int Complete = 3;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private static readonly InfoHash Share = new(Hash256.Of("share"u8));

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryNetwork _network = new();
    private readonly List<TestMember> _members = [];
    private readonly Dictionary<PeerId, TrafficTap> _taps = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await EndAsync([.. _members]);
    }

    [Fact]
    public async Task Progress_reaches_every_watcher_and_its_traffic_stays_under_its_cap()
    {
        await JoinAllAsync();
        var watchers = _members.Where((_, index) => index % 10 == 0).ToList();
        var watches = watchers.ConvertAll(watcher => watcher.Membership.Watch(Share));
        var before = _time.GetUtcNow();
        for (var i = 0; i < 100; i++) await StepAsync();
        await UntilAsync(() => watches.TrueForAll(watch => watch.Items.Count(told => told.Value.State == ProgressState.Receiving) == Receiving));
        var seconds = (int)Math.Ceiling((_time.GetUtcNow() - before).TotalSeconds) + 1;

        var coordinator = watchers[0].Membership.View.Coordinator;
        var toWatchers = watchers.Where(watcher => watcher.Id != coordinator).Sum(watcher => _taps[watcher.Id].BytesFrom(coordinator, MembershipMessageType.Progress));
        Assert.InRange(toWatchers, 1, Math.Min(ProgressBoard.BytesPerSecond, watchers.Count * ProgressBoard.BytesPerWatcher) * (long)seconds);
        foreach (var member in _members.Where(member => member.Id != coordinator))
        {
            var told = _taps[coordinator].BytesFrom(member.Id, MembershipMessageType.Progress);
            var wasAsked = _taps[member.Id].BytesFrom(coordinator, MembershipMessageType.ProgressSubscribe);
            var index = _members.IndexOf(member);
            if (index < Receiving) Assert.InRange(told, 1, 140L * seconds);
            else Assert.Equal(0, told);
            if (index < Receiving + Idle) Assert.InRange(wasAsked, 1, 100L * (seconds / 10 + 2));
            else Assert.Equal(0, wasAsked);
            if (!watchers.Contains(member)) Assert.Equal(0, _taps[member.Id].BytesFrom(coordinator, MembershipMessageType.Progress));
        }

        // When nobody watches any more, it ends.
        foreach (var watch in watches) watch.Dispose();
        var (counted, quiet) = (Total(), 0);
        await UntilAsync(() =>
        {
            quiet = counted == Total() ? quiet + 1 : 0;
            counted = Total();
            return quiet == 60;
        });
    }

    private long Total() => _taps.Values.Sum(tap => tap.Total);

    private async Task JoinAllAsync()
    {
        var started = _time.GetTimestamp();
        for (var i = 0; i < Receiving + Idle + Complete; i++)
        {
            // Silence ends no link here: virtual time passes faster than the machine may be able to follow.
            var member = new TestMember(_network, "p" + i, IPAddress.Parse("192.0.2." + (i + 1)), time: _time, options: new TransportOptions { HeartbeatInterval = TimeSpan.FromHours(1) });
            _members.Add(member);
            member.Tap = events => _taps[member.Id] = new TrafficTap(events);
            if (i < Receiving) member.Membership.ProgressSource = _ => Now(member.Id, _time.GetElapsedTime(started));
            member.Start(i == 0 ? [] : [_members[0].At]);
        }

        // Joining has time limits of its own, which a busy machine must be able to keep.
        await UntilAsync(() => _members.TrueForAll(member => member.Membership.View.Present.Count == _members.Count), milliseconds: 20);
        foreach (var member in _members.TakeLast(Complete)) member.Membership.SetHolding(Share, HoldingState.Complete);
        await UntilAsync(() => _members.TrueForAll(member => member.Store.HoldersOf(Share).Count == Complete));
    }

    // Everybody moves all the time.
    private static ProgressItem Now(PeerId peer, TimeSpan elapsed) =>
        new(peer, ProgressState.Receiving, (int)Math.Min(ProgressItem.Whole - 1, elapsed.TotalSeconds * 10), 1_000_000);

    private async Task UntilAsync(Func<bool> condition, int milliseconds = 100)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < Bound);
            await StepAsync(milliseconds);
        }
    }

    // Its goodbyes wait for virtual time, too.
    private async Task EndAsync(params TestMember[] members)
    {
        var ending = Task.WhenAll(members.Select(member => member.DisposeAsync().AsTask()));
        while (!ending.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1);
        }

        await ending;
    }

    private async Task StepAsync(int milliseconds = 100)
    {
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        // What was sent is read by tasks of their own, so a loop that has settled may have more to do.
        for (var i = 0; i < 2; i++)
            foreach (var member in _members) await member.Membership.SettledAsync();
    }
}
