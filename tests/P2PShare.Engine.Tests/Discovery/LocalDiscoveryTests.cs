using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Discovery;
using P2PShare.Protocol.Discovery;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Discovery;

public sealed class LocalDiscoveryTests : IAsyncLifetime
{
    private static readonly DiscoveryId Ours = DiscoveryId.Of(new SwarmId(new byte[SwarmId.Size]));
    private static readonly DiscoveryId Theirs = DiscoveryId.Of(new SwarmId(Enumerable.Repeat((byte)1, SwarmId.Size).ToArray()));

    private readonly MemoryLan _lan = new();
    private readonly FakeTimeProvider _time = new();
    private readonly List<Finder> _finders = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var finder in _finders) await finder.Discovery.DisposeAsync();
    }

    [Fact]
    public async Task Peers_of_one_swarm_hear_each_other_and_not_themselves()
    {
        var a = Start("192.0.2.1");
        var b = Start("192.0.2.2");
        var c = Start("192.0.2.3", Theirs);
        await Pass(TimeSpan.FromSeconds(2), () => a.Heard.Count == 1 && b.Heard.Count == 1);
        Assert.Equal(new IPEndPoint(b.Address, 5000), Assert.Single(a.Heard));
        Assert.Equal(new IPEndPoint(a.Address, 5000), Assert.Single(b.Heard));
        Assert.Empty(c.Heard);
    }

    [Fact]
    public async Task A_newcomer_is_answered()
    {
        var old = Start("192.0.2.1");
        await Pass(TimeSpan.FromMinutes(30), () => old.Host.Sent > 8);
        // Announced ever more rarely by now: without an answer the newcomer would hear of it minutes later.
        var sent = old.Host.Sent;
        var fresh = Start("192.0.2.2");
        await Pass(TimeSpan.FromSeconds(1), () => fresh.Heard.Count == 1);
        Assert.True(old.Host.Sent > sent);
    }

    [Fact]
    public async Task Announcements_become_rarer_and_are_often_again_when_there_is_a_hurry()
    {
        var peer = Start("192.0.2.1");
        await Pass(TimeSpan.FromHours(1), () => peer.Host.Sent >= 12);
        Assert.InRange(peer.Host.Sent, 12, 30);
        var sent = peer.Host.Sent;
        peer.Discovery.Hurry();
        await Pass(TimeSpan.FromSeconds(5), () => peer.Host.Sent >= sent + 3);
        sent = peer.Host.Sent;
        peer.Host.ChangeInterfaces();
        await Pass(TimeSpan.FromSeconds(5), () => peer.Host.Sent >= sent + 2);
    }

    [Fact]
    public async Task A_storm_from_one_source_has_one_effect_a_minute()
    {
        var peer = Start("192.0.2.1");
        var datagram = Announce(Ours, 5000);
        for (var i = 0; i < 1000; i++) _lan.Send(datagram, new IPEndPoint(IPAddress.Parse("192.0.2.66"), i + 1));
        _lan.Send(Announce(Ours, 1), new IPEndPoint(IPAddress.Parse("192.0.2.67"), 1));
        await Eventually.Holds(() => peer.Heard.Count == 2);
        _time.Advance(TimeSpan.FromSeconds(61));
        _lan.Send(datagram, new IPEndPoint(IPAddress.Parse("192.0.2.66"), 1));
        await Eventually.Holds(() => peer.Heard.Count == 3);
    }

    [Fact]
    public async Task A_storm_from_many_sources_is_bounded_too()
    {
        var peer = Start("192.0.2.1");
        for (var host = 1; host < 200; host++)
            for (var port = 1; port < 100; port++) _lan.Send(Announce(Ours, port), new IPEndPoint(IPAddress.Parse("198.51.100." + host), 1));
        await Eventually.Holds(() => peer.Host.Waiting == 0);
        Assert.InRange(peer.Heard.Count, 1, HeardLimits.MaxSources);
        _time.Advance(TimeSpan.FromSeconds(61));
        _lan.Send(Announce(Ours, 76), new IPEndPoint(IPAddress.Parse("192.0.2.98"), 1));
        _lan.Send(Announce(Ours, 77), new IPEndPoint(IPAddress.Parse("192.0.2.99"), 1));
        await Eventually.Holds(() => peer.Heard.Contains(new IPEndPoint(IPAddress.Parse("192.0.2.99"), 77)));
        Assert.InRange(peer.Heard.Count, 1, HeardLimits.MaxSources + 3);
    }

    [Fact]
    public async Task Garbage_is_passed_over()
    {
        var peer = Start("192.0.2.1");
        var random = new Random(1);
        for (var i = 0; i < 500; i++)
        {
            var noise = new byte[random.Next(3000)];
            random.NextBytes(noise);
            _lan.Send(noise, new IPEndPoint(IPAddress.Parse("192.0.2.66"), 1));
        }

        _lan.Send(Announce(Ours, 9), new IPEndPoint(IPAddress.Parse("192.0.2.67"), 1));
        await Eventually.Holds(() => peer.Heard.Count == 1);
    }

    [Fact]
    public async Task Another_swarm_is_told_of_once_when_none_of_ours_is_heard()
    {
        var peer = Start("192.0.2.1");
        Start("192.0.2.2", Theirs);
        await Pass(TimeSpan.FromMinutes(1), () => peer.Others.Count == 1);
        Assert.Equal(new IPEndPoint(IPAddress.Parse("192.0.2.2"), 5000), Assert.Single(peer.Others));
        await Pass(TimeSpan.FromMinutes(1), () => false);
        Assert.Single(peer.Others);
    }

    [Fact]
    public async Task Another_swarm_is_not_worth_a_word_where_there_is_company_or_a_torrent_client()
    {
        var joined = Start("192.0.2.1");
        joined.IsAlone = false;
        Start("192.0.2.3", Theirs);
        var alone = Start("192.0.2.4", Ours, new MemoryLan());
        await Pass(TimeSpan.FromMinutes(1), () => false);
        Assert.Empty(joined.Others);
        var client = new LocalAnnouncement { Port = 6881, Ids = [Theirs], Cookie = "1a2b3c" }.Encode(AddressFamily.InterNetwork);
        alone.Host.Hear(new HeardDatagram(client, new IPEndPoint(IPAddress.Parse("192.0.2.9"), 6771)));
        await Pass(TimeSpan.FromMinutes(1), () => false);
        Assert.Empty(alone.Others);
    }

    private Finder Start(string address, DiscoveryId? id = null, MemoryLan? lan = null)
    {
        var finder = new Finder(lan ?? _lan, IPAddress.Parse(address), id ?? Ours, _time, _finders.Count);
        _finders.Add(finder);
        return finder;
    }

    private static byte[] Announce(DiscoveryId id, int port) =>
        new LocalAnnouncement { Port = port, Ids = [id], Cookie = LocalAnnouncement.MakeCookie(99) }.Encode(AddressFamily.InterNetwork);

    // Time passes in small steps, with real moments between in which what fell due can run.
    private async Task Pass(TimeSpan duration, Func<bool> until)
    {
        var step = TimeSpan.FromTicks(Math.Max(duration.Ticks / 200, TimeSpan.FromMilliseconds(50).Ticks));
        for (var passed = TimeSpan.Zero; passed < duration && !until(); passed += step)
        {
            _time.Advance(step);
            await Task.Delay(2);
        }

        if (duration < TimeSpan.FromMinutes(1) || until()) await Eventually.Holds(until);
    }

    private sealed class Finder : IDiscoveryEvents
    {
        public Finder(MemoryLan lan, IPAddress address, DiscoveryId id, TimeProvider time, int seed)
        {
            Address = address;
            Host = lan.Join(address);
            Discovery = new LocalDiscovery(id, 5000, Host, this, time, new Random(seed));
            Discovery.Start();
        }

        public IPAddress Address { get; }

        public MemoryLan.Host Host { get; }

        public LocalDiscovery Discovery { get; }

        public ConcurrentQueue<IPEndPoint> Heard { get; } = new();

        public ConcurrentQueue<IPEndPoint> Others { get; } = new();

        public bool IsAlone { get; set; } = true;

        void IDiscoveryEvents.OnHeard(IPEndPoint address) => Heard.Enqueue(address);

        void IDiscoveryEvents.OnOtherSwarm(IPEndPoint address) => Others.Enqueue(address);
    }
}
