using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Transfers;
using P2PShare.Protocol;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transfers;

/// <summary>Fast members of a swarm are asked for 64 KiB at once; what is verified is 16 KiB all the same.</summary>
public sealed class LongBlockTests
{
    private const int KiB = 1024;
    private const int Block = 16 * KiB;
    private const int PieceLength = 256 * KiB;

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Only_fast_members_of_the_swarm_are_asked_for_long_blocks()
    {
        var queue = Make(PieceLength + 100 * KiB);
        var slow = Seed(queue, blocksPerSecond: 100);
        var foreign = Seed(queue, blocksPerSecond: 1000, takesLongBlocks: false);
        var fast = Seed(queue, blocksPerSecond: 1000);
        Assert.All(Fill(queue, slow, 2), request => Assert.Equal(Block, request.Length));
        Assert.DoesNotContain(ByPiece(queue, foreign), request => request.Length > Block);
        Release(queue, slow);
        Release(queue, foreign);
        lock (queue.Gate) queue.DropAll();
        var requests = ByPiece(queue, fast);
        Assert.Equal([0, 64 * KiB, 128 * KiB, 192 * KiB], requests.Where(request => request.Piece == 0).Select(request => request.Begin));
        Assert.Equal([(0, 64 * KiB), (64 * KiB, 36 * KiB)], requests.Where(request => request.Piece == 1).Select(request => (request.Begin, request.Length)));
        // 356 KiB are 23 blocks of 16 KiB, of which the last is shorter.
        Assert.Equal(23, fast.Live);
    }

    [Fact]
    public void A_late_block_of_another_length_has_no_place_in_a_piece_begun_anew()
    {
        var queue = Make(PieceLength);
        var late = Seed(queue, blocksPerSecond: 1000);
        var asked = Fill(queue, late, 4);
        Assert.Equal(4, asked.Length);
        lock (queue.Gate)
        {
            queue.ReleaseAll(late, keepAwaiting: true);
            queue.DropAll();
        }

        var other = Seed(queue, blocksPerSecond: 100);
        var again = Fill(queue, other, 16);
        Assert.All(again, request => Assert.Equal(Block, request.Length));
        lock (queue.Gate)
        {
            Assert.True(queue.BeginArrival(late, 0, asked[0].Begin, asked[0].Length, out var solicited).IsEmpty);
            Assert.True(solicited);
            // Nor does it take anything from the one who was asked since.
            Assert.True(queue.Reject(late, asked[1]));
            foreach (var request in again)
            {
                Assert.Equal(Block, queue.BeginArrival(other, request.Piece, request.Begin, request.Length, out _).Length);
                Assert.True(queue.EndArrival(other, []));
            }

            Assert.True(queue.TryTakeToVerify(out _));
        }
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public async Task Nobody_is_asked_for_long_blocks_where_foreign_clients_may_take_part(bool isOpen, bool isFetchedFromForeigners, bool expected)
    {
        await using var swarm = new TestSwarm(_time);
        var share = TestShare.Make(5, PieceLength, 4 * PieceLength);
        var asked = swarm.AddPeer();
        var transfer = asked.Receive(share, descriptor => descriptor with { IsOpen = isOpen, ForeignEndpoints = isFetchedFromForeigners ? ["192.0.2.1:6881"] : [] }, withInfo: true);
        var other = swarm.AddPeer();
        other.Shares.Holders = _ => [asked.Id];
        other.Receive(share, withInfo: true);
        await swarm.UntilStep(() => transfer.Sessions.Length > 0, "a session");
        Assert.Equal(expected, transfer.Sessions[0].Download.TakesLongBlocks);
    }

    [Fact]
    public async Task The_sender_of_a_false_leaf_is_found_and_its_long_block_fetched_again()
    {
        await using var swarm = new TestSwarm(_time);
        var share = TestShare.Make(9, PieceLength, 40 * PieceLength);
        var liar = swarm.AddPeer();
        var honest = swarm.AddPeer();
        liar.Seed(share);
        honest.Seed(share);
        var lies = 0;
        swarm.OnLink = (link, _, to) =>
        {
            link.BlocksAtOnce = 4;
            if (to == liar) link.Filter = (from, message) => Lie(link, from, message, ref lies);
        };
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share);
        await swarm.UntilStep(() => transfer.Completion.IsCompleted, "completion", () => _time.Advance(TimeSpan.FromMilliseconds(10)));
        TestPeer.StorageOf(transfer).AssertHolds(share);
        Assert.Equal(1, lies);
        Assert.Contains(receiver.Events.Log, line => line.StartsWith($"banned {liar.Id.ToString()[..8]}: a block of piece", StringComparison.Ordinal));
        Assert.Single(receiver.Events.Log, line => line.StartsWith("banned", StringComparison.Ordinal));

        static bool Lie(TestLink link, TestLink.End from, Span<byte> message, ref int lies)
        {
            if (from == link.Right && message[0] == (byte)MessageId.Piece && message.Length > 4 * Block && lies == 0)
            {
                lies++;
                // In its third leaf.
                message[40_000] ^= 1;
            }

            return true;
        }
    }

    [Fact]
    public async Task An_upload_limit_is_shared_by_bytes_however_long_the_blocks_are()
    {
        const int limit = 12_000_000;
        await using var swarm = new TestSwarm(_time);
        var source = swarm.AddPeer();
        var share = TestShare.Make(3, PieceLength, 120_000_000);
        var seed = source.Seed(share);
        seed.SetLimits(limit, null);
        var longest = new int[2];
        var transfers = new List<Transfer>();
        for (var i = 0; i < 2; i++)
        {
            var receiver = swarm.AddPeer();
            receiver.Shares.Holders = _ => [source.Id];
            transfers.Add(receiver.Receive(share, withInfo: true));
        }

        await swarm.Until(() => transfers.All(transfer => transfer.Queue is { IsPaused: false } && transfer.Sessions.Length > 0), "sessions");
        transfers[1].Sessions[0].Download.TakesLongBlocks = false;
        foreach (var link in swarm.Links)
        {
            var number = transfers.FindIndex(transfer => transfer.Sessions[0].Channel is TestLink.End end && end.Link == link);
            link.Filter = (_, message) =>
            {
                if (message[0] == (byte)MessageId.Piece) longest[number] = Math.Max(longest[number], message.Length - PieceHeader.Size);
                return true;
            };
        }

        // Answers are handed out so often that what is asked for in advance lasts: both always wait.
        for (var i = 0; i < 500; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            seed.PaceUploads();
            while (swarm.Pump()) await Task.Yield();
        }

        Assert.Equal([64 * KiB, Block], longest);
        var received = transfers.ConvertAll(transfer => transfer.GetSnapshot().BytesReceived);
        Assert.InRange(received.Sum(), 0.95 * 5 * limit, 1.05 * 5 * limit);
        Assert.True(received.Max() < 1.1 * received.Min(), string.Join(", ", received));
    }

    private DownloadQueue Make(int length)
    {
        var share = TestShare.Make(1, PieceLength, length);
        var wanted = new Bitfield(share.Info.PieceCount);
        wanted.SetAll();
        var resources = new TransferResources
        {
            Time = _time,
            Random = new Random(1),
            Hashing = new TestHashQueue(),
            Buffers = new PieceBufferPool(4 << 20),
            DownloadLimit = new RateLimiter(_time),
            UploadLimit = new RateLimiter(_time),
        };
        return new DownloadQueue(new Lock(), share.Info, new Bitfield(wanted.Length), wanted, new Random(1), resources);
    }

    private DownloadPeer Seed(DownloadQueue queue, int blocksPerSecond, bool takesLongBlocks = true)
    {
        var peer = new DownloadPeer(this, _time) { IsChoking = false, TakesLongBlocks = takesLongBlocks };
        peer.Pipeline.Resume();
        _time.Advance(TimeSpan.FromSeconds(1));
        peer.Pipeline.Count(blocksPerSecond);
        peer.Pipeline.Update(TimeSpan.Zero);
        var have = new Bitfield(queue.Have.Length);
        have.SetAll();
        queue.AddPeer(peer);
        queue.SetHave(peer, have);
        return peer;
    }

    private static BlockRequest[] Fill(DownloadQueue queue, DownloadPeer peer, int count)
    {
        var requests = new BlockRequest[count];
        lock (queue.Gate) return requests[..queue.Fill(peer, requests)];
    }

    private static BlockRequest[] ByPiece(DownloadQueue queue, DownloadPeer peer) =>
        [.. Fill(queue, peer, 64).OrderBy(request => request.Piece).ThenBy(request => request.Begin)];

    private static void Release(DownloadQueue queue, DownloadPeer peer)
    {
        lock (queue.Gate) queue.ReleaseAll(peer, keepAwaiting: false);
    }
}
