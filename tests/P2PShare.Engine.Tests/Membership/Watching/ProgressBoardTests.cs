using P2PShare.Engine.Membership.Watching;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Membership.Watching;

public sealed class ProgressBoardTests
{
    private static readonly InfoHash Share = new(Hash256.Of("share"u8));
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    private readonly ProgressBoard _board = new();
    private readonly HashSet<PeerId> _present = [];
    private readonly HashSet<PeerId> _complete = [];

    [Theory]
    [InlineData(200, 1)]
    [InlineData(200, 30)]
    [InlineData(1_000, 150)]
    public void However_many_watch_and_are_watched_the_traffic_stays_under_its_cap(int members, int watchers)
    {
        const int seconds = 60;
        PeerId[] all = [.. Enumerable.Range(0, members).Select(Peer)];
        _present.UnionWith(all);
        var sent = new Dictionary<PeerId, long>();
        var known = all.Take(watchers).ToDictionary(watcher => watcher, _ => new HashSet<PeerId>());
        var asks = 0L;
        for (var now = TimeSpan.Zero; now < TimeSpan.FromSeconds(seconds); now += Step)
        {
            foreach (var watcher in known.Keys) _board.Subscribe(watcher, new ProgressSubscribe(Share, 10), now);
            // All of them move all the time: the worst there is.
            if (now.Milliseconds == 0)
                foreach (var member in all) _board.Report(member, Told(member, ProgressState.Receiving, (int)now.TotalSeconds, 1_000_000 + (long)now.TotalSeconds));
            foreach (var (to, message) in Tick(now))
            {
                var bytes = MembershipCodec.EncodeFrame(message).Length;
                if (message is ProgressSubscribe)
                {
                    asks += bytes;
                    continue;
                }

                sent[to] = sent.GetValueOrDefault(to) + bytes;
                known[to].UnionWith(Assert.IsType<Progress>(message).Items.Select(item => item.Peer));
            }
        }

        Assert.Equal(watchers, sent.Count);
        Assert.All(sent.Values, bytes => Assert.InRange(bytes, 1, ProgressBoard.BytesPerWatcher * (seconds + 1)));
        Assert.InRange(sent.Values.Sum(), 1, ProgressBoard.BytesPerSecond * (seconds + 1L));
        // Each member is asked every ten seconds, with less than 100 bytes.
        Assert.InRange(asks, 1, members * (seconds / 10 + 1) * 100L);
        // And nobody is left out for it.
        Assert.All(known.Values, peers => Assert.Equal(members, peers.Count));
    }

    [Fact]
    public void Whoever_holds_all_of_it_is_not_asked()
    {
        Enter(3);
        _complete.Add(Peer(1));
        _board.Subscribe(Peer(0), new ProgressSubscribe(Share, 10), TimeSpan.Zero);
        Assert.Equal([Peer(0), Peer(2)], Tick(TimeSpan.Zero).Select(sent => sent.To).Order());
    }

    [Fact]
    public void Nothing_is_told_twice()
    {
        Enter(3);
        _board.Subscribe(Peer(0), new ProgressSubscribe(Share, 10), TimeSpan.Zero);
        _board.Report(Peer(1), Told(Peer(1), ProgressState.Receiving, 50, 1));
        var first = Assert.Single(ProgressAfter(TimeSpan.FromSeconds(1)));
        Assert.True(first.IsFirst);
        Assert.True(first.IsLast);
        Assert.Equal(Peer(1), Assert.Single(first.Items).Peer);
        Assert.Empty(ProgressAfter(TimeSpan.FromSeconds(3)));
        _board.Report(Peer(2), Told(Peer(2), ProgressState.Suspended, 60, 0));
        var next = Assert.Single(ProgressAfter(TimeSpan.FromSeconds(5)));
        Assert.False(next.IsFirst);
        Assert.Equal(Peer(2), Assert.Single(next.Items).Peer);
    }

    [Fact]
    public void With_nothing_to_tell_it_says_so_once()
    {
        Enter(2);
        _board.Subscribe(Peer(0), new ProgressSubscribe(Share, 10), TimeSpan.Zero);
        Assert.Empty(ProgressAfter(TimeSpan.FromMilliseconds(400)));
        var answer = Assert.Single(ProgressAfter(TimeSpan.FromMilliseconds(600)));
        Assert.True(answer is { IsFirst: true, IsLast: true, Items: [] });
        Assert.Empty(ProgressAfter(TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public void Whoever_does_not_ask_again_is_forgotten_and_members_are_told_to_stop()
    {
        Enter(3);
        _board.Subscribe(Peer(0), new ProgressSubscribe(Share, 10), TimeSpan.Zero);
        Tick(TimeSpan.Zero);
        _board.Report(Peer(1), Told(Peer(1), ProgressState.Receiving, 50, 1));
        var sent = Tick(TimeSpan.FromSeconds(11));
        Assert.Equal((Peer(1), new ProgressSubscribe(Share, 0)), Assert.Single(sent));
        Assert.True(_board.IsIdle);
    }

    [Fact]
    public void Whoever_has_seen_enough_and_asks_anew_is_told_all_again()
    {
        Enter(2);
        _board.Subscribe(Peer(0), new ProgressSubscribe(Share, 10), TimeSpan.Zero);
        _board.Report(Peer(1), Told(Peer(1), ProgressState.Receiving, 50, 1));
        Assert.Single(ProgressAfter(TimeSpan.FromSeconds(1)));
        _board.Subscribe(Peer(0), new ProgressSubscribe(Share, 0), TimeSpan.FromSeconds(2));
        Assert.False(_board.IsIdle);
        _board.Subscribe(Peer(0), new ProgressSubscribe(Share, 10), TimeSpan.FromSeconds(2));
        var again = Assert.Single(ProgressAfter(TimeSpan.FromSeconds(3)));
        Assert.True(again.IsFirst);
        Assert.Equal(Peer(1), Assert.Single(again.Items).Peer);
    }

    [Fact]
    public void A_member_tells_of_itself_alone()
    {
        Enter(3);
        _board.Subscribe(Peer(0), new ProgressSubscribe(Share, 10), TimeSpan.Zero);
        _board.Report(Peer(1), Told(Peer(2), ProgressState.Receiving, 50, 1));
        _board.Report(Peer(1), Told(Peer(1), ProgressState.Receiving, 50, 1) with { InfoHash = new InfoHash(Hash256.Of("other"u8)) });
        Assert.Empty(Assert.Single(ProgressAfter(TimeSpan.FromSeconds(1))).Items);
    }

    [Fact]
    public void Watchers_and_watched_that_leave_are_forgotten()
    {
        Enter(3);
        _board.Subscribe(Peer(0), new ProgressSubscribe(Share, 60), TimeSpan.Zero);
        _board.Subscribe(Peer(2), new ProgressSubscribe(Share, 60), TimeSpan.Zero);
        Tick(TimeSpan.Zero);
        _board.Report(Peer(1), Told(Peer(1), ProgressState.Receiving, 50, 1));
        _present.Remove(Peer(1));
        Assert.All(ProgressAfter(TimeSpan.FromSeconds(1)), told => Assert.Empty(told.Items));
        _present.Remove(Peer(2));
        Assert.All(Tick(TimeSpan.FromSeconds(12)), sent => Assert.Equal(Peer(0), sent.To));
        _present.Remove(Peer(0));
        Assert.Empty(Tick(TimeSpan.FromSeconds(13)));
        Assert.True(_board.IsIdle);
    }

    [Fact]
    public void Subscriptions_and_shares_are_bounded()
    {
        Enter(2);
        for (var i = 0; i < ProgressBoard.MaxShares + 50; i++)
            _board.Subscribe(Peer(0), new ProgressSubscribe(new InfoHash(Hash256.Of(BitConverter.GetBytes(i))), 10), TimeSpan.Zero);
        var asked = Tick(TimeSpan.Zero).Where(sent => sent.To == Peer(1)).Select(sent => sent.Message).OfType<ProgressSubscribe>();
        Assert.Equal(ProgressBoard.MaxShares, asked.Count());
    }

    private static PeerId Peer(int number) => new(new Hash256([.. new byte[28], .. BitConverter.GetBytes(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(number))]));

    private static Progress Told(PeerId peer, ProgressState state, int done, long rate) => new() { InfoHash = Share, Items = [new ProgressItem(peer, state, done, rate)] };

    private void Enter(int count) => _present.UnionWith(Enumerable.Range(0, count).Select(Peer));

    private List<(PeerId To, MembershipMessage Message)> Tick(TimeSpan now) => [.. _board.Tick(now, _present, _ => _complete)];

    private IReadOnlyList<Progress> ProgressAfter(TimeSpan now) => [.. Tick(now).Select(sent => sent.Message).OfType<Progress>()];
}
