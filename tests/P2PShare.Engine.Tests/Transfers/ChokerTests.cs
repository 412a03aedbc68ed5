using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Transfers;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transfers;

/// <summary>Who is served, and how many at once.</summary>
public sealed class ChokerTests : IAsyncLifetime
{
    private const int Block = 16 * 1024;

    private readonly FakeTimeProvider _time = new();
    private readonly TestShare _share = TestShare.Make(1, 64 * 1024, 4_000_000);
    private readonly TestSwarm _swarm;
    private readonly TestPeer _source;
    private readonly Transfer _seed;
    private readonly List<Taker> _takers = [];

    public ChokerTests()
    {
        _swarm = new TestSwarm(_time);
        _source = _swarm.AddPeer();
        _seed = _source.Seed(_share);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public void Whoever_comes_while_there_are_slots_is_served_at_once()
    {
        AddTakers(GenerousChoker.SwarmSlots);
        Assert.All(_takers, taker => Assert.False(taker.Session.AmChoking));
        AddTakers(1);
        Assert.True(_takers[^1].Session.AmChoking);
        _takers[3].Session.OnMessage(MessageId.NotInterested, []);
        Turn();
        Assert.False(_takers[^1].Session.AmChoking);
    }

    [Fact]
    public void With_more_than_slots_everybody_has_a_turn_within_seconds()
    {
        AddTakers(30);
        var served = new HashSet<Taker>();
        for (var i = 0; i < 8; i++)
        {
            served.UnionWith(_takers.Where(taker => !taker.Session.AmChoking));
            Assert.InRange(_takers.Count(taker => !taker.Session.AmChoking), 1, GenerousChoker.SwarmSlots);
            Take(_ => 20);
            Turn();
        }

        Assert.Equal(30, served.Count);
    }

    [Fact]
    public void A_slow_line_is_shared_among_fewer_and_a_fast_one_among_more_again()
    {
        AddTakers(20);
        for (var i = 0; i < 20; i++)
        {
            Take(_ => 2, backlog: true);
            Turn();
        }

        Assert.Equal(GenerousChoker.FewestSwarmSlots, _takers.Count(taker => !taker.Session.AmChoking));
        for (var i = 0; i < 20; i++)
        {
            Take(_ => 200, backlog: true);
            Turn();
        }

        Assert.Equal(GenerousChoker.SwarmSlots, _takers.Count(taker => !taker.Session.AmChoking));
    }

    [Fact]
    public void Those_who_take_nothing_make_room_first()
    {
        AddTakers(GenerousChoker.SwarmSlots + 4);
        var idle = _takers.Take(4).ToList();
        Take(taker => idle.Contains(taker) ? 0 : 20);
        Turn();
        Assert.All(idle, taker => Assert.True(taker.Session.AmChoking));
        Assert.All(_takers.Skip(GenerousChoker.SwarmSlots), taker => Assert.False(taker.Session.AmChoking));
    }

    private void AddTakers(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var taker = new Taker(TestPeer.IdOf(100 + _takers.Count));
            taker.Session = (PeerSession)_source.Manager.AcceptChannel(taker.RemoteId!.Value, _share.Info.InfoHash)!;
            taker.Session.OnOpened(taker);
            taker.Session.OnMessage(MessageId.HaveNone, []);
            taker.Session.OnMessage(MessageId.Interested, []);
            _takers.Add(taker);
            // So that nobody came at the same moment as another.
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }
    }

    /// <summary>Those who are served get some blocks, and wait for more.</summary>
    private void Take(Func<Taker, int> blocks, bool backlog = false)
    {
        var payload = new byte[BlockRequest.Size];
        foreach (var taker in _takers.Where(taker => !taker.Session.AmChoking))
        {
            var count = blocks(taker);
            for (var i = 0; i < count; i++)
            {
                new BlockRequest(0, 0, Block).Write(payload);
                // Beyond what one after the other would be given of a sole source.
                taker.Session.ExemptFrom = _time.GetTimestamp();
                taker.Session.OnMessage(MessageId.Request, payload);
                taker.Session.OnBlockSent(new BlockRequest(0, 0, Block));
            }

            if (!backlog) continue;
            new BlockRequest(0, Block, Block).Write(payload);
            taker.Session.OnMessage(MessageId.Request, payload);
        }
    }

    private void Turn()
    {
        for (var i = 0; i < 20; i++) _time.Advance(TimeSpan.FromMilliseconds(100));
    }

    private sealed class Taker(PeerId id) : IMessageChannel
    {
        public PeerSession Session { get; set; } = null!;

        public PeerId? RemoteId => id;

        public string RemoteName => "taker";

        public bool IsForeign => false;

        public TimeSpan RoundTripTime => TimeSpan.FromMilliseconds(1);

        public void Send(ReadOnlySpan<byte> message)
        {
        }

        public bool QueueBlock(in BlockRequest request) => true;

        public bool CancelBlock(in BlockRequest request) => false;

        public void CancelAllBlocks(ICollection<BlockRequest> dropped)
        {
            for (var i = Session.QueuedAnswers; i > 0; i--) dropped.Add(new BlockRequest(0, Block, Block));
        }

        public void Close(string reason)
        {
        }
    }
}
