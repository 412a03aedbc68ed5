using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Transfers;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transfers;

public sealed class DownloadQueueTests
{
    private const int KiB = 1024;
    private const int Block = 16 * KiB;

    private readonly FakeTimeProvider _time = new();
    private readonly PieceBufferPool _pool;
    private readonly TransferResources _resources;

    public DownloadQueueTests()
    {
        _pool = new PieceBufferPool(1 << 20);
        _resources = new TransferResources
        {
            Time = _time,
            Random = new Random(1),
            Hashing = new TestHashQueue(),
            Buffers = _pool,
            DownloadLimit = new RateLimiter(_time),
            UploadLimit = new RateLimiter(_time),
        };
    }

    [Fact]
    public void Blocks_of_one_piece_are_asked_in_order_of_one_peer()
    {
        var (queue, share) = Make(64 * KiB, 640 * KiB);
        var peer = Seed(queue, share);
        var requests = Fill(queue, peer, 8);
        Assert.Equal(8, requests.Length);
        Assert.Equal([0, 1, 2, 3, 0, 1, 2, 3], requests.Select(request => request.Begin / Block));
        Assert.Single(requests.Take(4).Select(request => request.Piece).Distinct());
        var other = Seed(queue, share);
        Assert.DoesNotContain(Fill(queue, other, 4)[0].Piece, requests.Select(request => request.Piece));
    }

    [Fact]
    public void The_rarest_piece_is_started_first()
    {
        var (queue, share) = Make(Block, 10 * Block);
        var partial = Peer(queue, share, piece => piece != 7);
        _ = Peer(queue, share, piece => piece != 7);
        var seed = Seed(queue, share);
        Assert.Equal(7, Fill(queue, seed, 1).Single().Piece);
        Assert.DoesNotContain(7, Fill(queue, partial, 20).Select(request => request.Piece));
    }

    [Fact]
    public void Blocks_of_a_lost_peer_go_to_others_at_once()
    {
        var (queue, share) = Make(64 * KiB, 64 * KiB);
        var lost = Seed(queue, share);
        var other = Seed(queue, share);
        var asked = Fill(queue, lost, 4);
        Receive(queue, lost, asked[0]);
        queue.RemovePeer(lost);
        Assert.Equal(asked.Skip(1), Fill(queue, other, 8));
        Assert.Equal(3 * Block, _resources.Outstanding.Used);
    }

    [Fact]
    public void A_block_broken_off_is_asked_for_again()
    {
        var (queue, share) = Make(64 * KiB, 64 * KiB);
        var lost = Seed(queue, share);
        var asked = Fill(queue, lost, 4);
        lock (queue.Gate) Assert.Equal(Block, queue.BeginArrival(lost, asked[0].Piece, asked[0].Begin, Block, out _).Length);
        queue.RemovePeer(lost);
        Assert.Equal(4, Fill(queue, Seed(queue, share), 8).Length);
    }

    [Fact]
    public void A_choking_peer_may_still_answer_what_was_asked()
    {
        var (queue, share) = Make(64 * KiB, 64 * KiB);
        var peer = Seed(queue, share);
        var asked = Fill(queue, peer, 4);
        peer.IsChoking = true;
        queue.ReleaseAll(peer, keepAwaiting: true);
        Assert.Equal(0, _resources.Outstanding.Used);
        Assert.True(Receive(queue, peer, asked[0]));
        Assert.True(queue.Reject(peer, asked[1]));
        Assert.False(queue.Reject(peer, asked[1]));
        Assert.Equal(3, Fill(queue, Seed(queue, share), 8).Length);
    }

    [Fact]
    public void In_the_endgame_the_last_blocks_are_asked_of_two_and_cancelled_once_here()
    {
        var (queue, share) = Make(64 * KiB, 64 * KiB);
        var slow = Seed(queue, share);
        var fast = Seed(queue, share);
        var third = Seed(queue, share);
        var asked = Fill(queue, slow, 4);
        var again = Fill(queue, fast, 8);
        Assert.Equal(asked.Reverse(), again);
        Assert.Empty(Fill(queue, third, 8));
        var others = new List<DownloadPeer>();
        lock (queue.Gate)
        {
            Assert.False(queue.BeginArrival(fast, again[0].Piece, again[0].Begin, Block, out _).IsEmpty);
            // The other's copy comes while the first is being read: it must not be written over it.
            Assert.True(queue.BeginArrival(slow, again[0].Piece, again[0].Begin, Block, out var solicited).IsEmpty);
            Assert.True(solicited);
            queue.EndArrival(fast, others);
            Assert.Empty(others);
            Assert.False(queue.BeginArrival(fast, again[1].Piece, again[1].Begin, Block, out _).IsEmpty);
            queue.EndArrival(fast, others);
        }

        Assert.Equal([slow], others);
        Assert.Equal(2, slow.Live);
        Assert.Equal(3, slow.Outstanding);
        Assert.Equal(4L * Block, _resources.Outstanding.Used);
    }

    [Fact]
    public void Blocks_a_slow_peer_holds_are_asked_of_an_idle_one_even_before_the_endgame()
    {
        // The fast peer has one of ten pieces, and the slow one is at work on that.
        var (queue, share) = Make(64 * KiB, 640 * KiB);
        var slow = Seed(queue, share);
        var asked = Fill(queue, slow, 4);
        var fast = Peer(queue, share, piece => piece == asked[0].Piece);
        Assert.Empty(Fill(queue, fast, 8));
        Assert.True(fast.IsStarved);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(asked.Reverse(), Fill(queue, fast, 8));
    }

    [Fact]
    public void A_refused_piece_of_which_nothing_is_here_gives_its_buffer_back()
    {
        var (queue, share) = Make(64 * KiB, 640 * KiB);
        var peer = Seed(queue, share);
        var asked = Fill(queue, peer, 4);
        foreach (var request in asked) Assert.True(queue.Reject(peer, request));
        Assert.Equal(0, queue.ActivePieces);
        Assert.Equal(0, _pool.Rented);
        Assert.NotEqual(asked[0].Piece, Fill(queue, peer, 1).Single().Piece);
    }

    [Fact]
    public void When_both_of_two_that_were_asked_fail_the_block_is_free_again()
    {
        var (queue, share) = Make(64 * KiB, Block);
        var one = Seed(queue, share);
        var other = Seed(queue, share);
        var asked = Fill(queue, one, 1).Single();
        Assert.Single(Fill(queue, other, 1));
        lock (queue.Gate) queue.BeginArrival(one, asked.Piece, asked.Begin, Block, out _);
        lock (queue.Gate) queue.BeginArrival(other, asked.Piece, asked.Begin, Block, out _);
        queue.RemovePeer(one);
        Assert.Equal(asked, Fill(queue, other, 1).Single());
    }

    [Fact]
    public void No_more_pieces_are_started_than_there_are_buffers()
    {
        var (queue, share) = Make(256 * KiB, 4096 * KiB);
        var first = Seed(queue, share);
        var second = Seed(queue, share);
        var third = Seed(queue, share);
        Assert.Equal(PipelineSizer.InitialDepth, Fill(queue, first, 100).Length);
        Assert.Equal(PipelineSizer.InitialDepth, Fill(queue, third, 100).Length);
        Assert.Equal(4, queue.ActivePieces);
        Assert.Empty(Fill(queue, second, 100));
        Assert.True(second.IsStarved);
    }

    [Fact]
    public void Without_a_buffer_of_its_own_a_peer_helps_with_the_pieces_of_others()
    {
        var (queue, share) = Make(1024 * KiB, 4096 * KiB);
        var first = Seed(queue, share);
        var second = Seed(queue, share);
        var asked = Fill(queue, first, 10);
        var helped = Fill(queue, second, 10);
        Assert.Equal(asked[0].Piece, helped[0].Piece);
        Assert.Equal(10, helped[0].Begin / Block);
    }

    [Fact]
    public void Each_transfer_is_entitled_to_one_piece_beyond_the_pool()
    {
        var (one, share) = Make(1024 * KiB, 4096 * KiB);
        var (other, _) = Make(1024 * KiB, 4096 * KiB);
        Assert.NotEmpty(Fill(one, Seed(one, share), 1));
        Assert.NotEmpty(Fill(other, Seed(other, share), 1));
    }

    [Fact]
    public void Only_chosen_pieces_are_asked_for()
    {
        var share = TestShare.Make(1, Block, 10 * Block);
        var wanted = new Bitfield(10);
        wanted.Set(3);
        wanted.Set(4);
        var queue = new DownloadQueue(new Lock(), share.Info, new Bitfield(10), wanted, new Random(1), _resources);
        Assert.Equal([3, 4], Fill(queue, Seed(queue, share), 100).Select(request => request.Piece).Order());
        Assert.Equal(2, queue.Missing);
    }

    [Fact]
    public void A_piece_a_peer_refused_is_not_asked_of_it_again()
    {
        var (queue, share) = Make(Block, 2 * Block);
        var peer = Seed(queue, share);
        var asked = Fill(queue, peer, 2);
        queue.Reject(peer, asked[0]);
        Assert.Empty(Fill(queue, peer, 2));
        Assert.Equal(asked[0], Fill(queue, Seed(queue, share), 1).Single());
        peer.ForgetRefusals();
    }

    [Fact]
    public void A_buffer_dropped_while_it_is_being_filled_returns_only_afterwards()
    {
        var (queue, share) = Make(64 * KiB, 64 * KiB);
        var peer = Seed(queue, share);
        var asked = Fill(queue, peer, 4);
        lock (queue.Gate) queue.BeginArrival(peer, asked[0].Piece, asked[0].Begin, Block, out _);
        queue.DropAll();
        Assert.Equal(64 * KiB, _pool.Rented);
        lock (queue.Gate) Assert.False(queue.EndArrival(peer, []));
        Assert.Equal(0, _pool.Rented);
        queue.RemovePeer(peer);
        Assert.Equal(0, _resources.Outstanding.Used);
        Assert.Equal(4, Fill(queue, Seed(queue, share), 8).Length);
    }

    [Fact]
    public void Blocks_of_another_length_or_never_asked_for_have_no_place()
    {
        var (queue, share) = Make(64 * KiB, 64 * KiB);
        var peer = Seed(queue, share);
        var asked = Fill(queue, peer, 2);
        lock (queue.Gate)
        {
            Assert.True(queue.BeginArrival(peer, 0, 2 * Block, Block, out var solicited).IsEmpty);
            Assert.False(solicited);
            Assert.True(queue.BeginArrival(peer, 0, 1, Block, out solicited).IsEmpty);
            Assert.False(solicited);
            Assert.True(queue.BeginArrival(peer, int.MaxValue, int.MinValue, Block, out solicited).IsEmpty);
            Assert.False(solicited);
            Assert.True(queue.BeginArrival(peer, asked[0].Piece, asked[0].Begin, Block - 1, out solicited).IsEmpty);
            Assert.False(solicited);
        }

        Assert.Equal(3, Fill(queue, peer, 8).Length);
    }

    [Fact]
    public void Ten_thousand_files_of_one_piece_are_picked_without_searching()
    {
        var share = TestShare.Make(3, Block, [.. Enumerable.Repeat(100, 10_000)]);
        var wanted = new Bitfield(10_000);
        wanted.SetAll();
        var queue = new DownloadQueue(new Lock(), share.Info, new Bitfield(10_000), wanted, new Random(1), _resources);
        var seed = Seed(queue, share);
        var partial = Peer(queue, share, piece => piece % 2 == 0);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var others = new List<DownloadPeer>();
        var received = 0;
        while (queue.Missing > 0)
        {
            foreach (var peer in new[] { seed, partial })
            {
                foreach (var request in Fill(queue, peer, 64))
                {
                    Assert.True(Receive(queue, peer, request));
                    received++;
                }
            }

            while (queue.TryTakeToVerify(out var active)) queue.Complete(active);
        }

        Assert.Equal(10_000, received);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{watch.Elapsed}");
        Assert.Equal(0, _pool.Rented);
        Assert.Equal(0, partial.Interesting);
    }

    private (DownloadQueue Queue, TestShare Share) Make(int pieceLength, int length)
    {
        var share = TestShare.Make(1, pieceLength, length);
        var wanted = new Bitfield(share.Info.PieceCount);
        wanted.SetAll();
        return (new DownloadQueue(new Lock(), share.Info, new Bitfield(wanted.Length), wanted, new Random(1), _resources), share);
    }

    private DownloadPeer Seed(DownloadQueue queue, TestShare share) => Peer(queue, share, _ => true);

    private DownloadPeer Peer(DownloadQueue queue, TestShare share, Func<int, bool> has)
    {
        var peer = new DownloadPeer(this, _time) { IsChoking = false };
        var have = new Bitfield(share.Info.PieceCount);
        for (var piece = 0; piece < have.Length; piece++)
        {
            if (has(piece)) have.Set(piece);
        }

        queue.AddPeer(peer);
        queue.SetHave(peer, have);
        return peer;
    }

    private static BlockRequest[] Fill(DownloadQueue queue, DownloadPeer peer, int count)
    {
        var requests = new BlockRequest[count];
        lock (queue.Gate) return requests[..queue.Fill(peer, requests)];
    }

    private static bool Receive(DownloadQueue queue, DownloadPeer peer, BlockRequest request)
    {
        lock (queue.Gate)
        {
            if (queue.BeginArrival(peer, request.Piece, request.Begin, request.Length, out _).IsEmpty) return false;
            return queue.EndArrival(peer, []);
        }
    }
}
