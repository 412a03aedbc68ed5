using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transfers;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Wire;
using P2PShare.Tests.Common;

namespace P2PShare.Engine.Tests.Transfers;

/// <summary>The hot path allocates nothing per block: 100,000 blocks through a session cost less than 100 KB.</summary>
public sealed class AllocationTests
{
    private const int Block = 16 * 1024;
    private const int Blocks = 100_000;
    private const long Allowed = 100_000;

    [Fact]
    public async Task Receiving_allocates_nothing_per_block()
    {
        await using var swarm = new TestSwarm(new FakeTimeProvider());
        var share = TestShare.Make(1, 256 * 1024, 8 << 20);
        var peer = swarm.AddPeer();
        peer.Shares.Holders = _ => [];
        peer.Storage.Make = info => new NullStorage(info);
        var transfer = peer.Receive(share, withInfo: true);
        SpinWait.SpinUntil(() => transfer.Queue is { IsPaused: false }, TimeSpan.FromSeconds(30));
        var channel = new CountingChannel();
        var session = (PeerSession)peer.Manager.AcceptChannel(new PeerId(default), share.Info.InfoHash)!;
        session.OnOpened(channel);
        session.OnMessage(MessageId.HaveAll, []);
        session.OnMessage(MessageId.Unchoke, []);
        session.OnBatchEnd();

        // Buffers are made when they are first needed, and then for good.
        var pieces = Enumerable.Range(0, share.Info.PieceCount).Select(_ => peer.Resources.Buffers.TryRent(256 * 1024, false)!).ToList();
        pieces.ForEach(peer.Resources.Buffers.Return);
        Receive(8_000);
        Assert.InRange(Allocation.Least(() => Receive(Blocks), enough: Allowed), 0, Allowed);

        void Receive(int count)
        {
            while (count > 0)
            {
                for (var batch = 0; batch < 16 && count > 0; batch++, count--)
                {
                    Assert.True(channel.Requests.TryDequeue(out var request));
                    var target = session.OnBlockStarting(request.Piece, request.Begin, request.Length);
                    share.Piece(request.Piece).Slice(request.Begin, request.Length).CopyTo(target.Span);
                    session.OnBlockReceived(request.Piece, request.Begin, request.Length);
                }

                peer.Hashing.RunAll();
                lock (transfer.Gate)
                {
                    // The same pieces are wanted over and over.
                    for (var piece = 0; piece < share.Info.PieceCount; piece++)
                    {
                        if (transfer.Have![piece]) transfer.Queue!.MarkLost(piece);
                    }
                }

                session.OnBatchEnd();
            }
        }
    }

    [Fact]
    public async Task Sending_allocates_nothing_per_block()
    {
        await using var swarm = new TestSwarm(new FakeTimeProvider());
        var share = TestShare.Make(2, 256 * 1024, 8 << 20);
        var peer = swarm.AddPeer();
        peer.Seed(share);
        var channel = new CountingChannel();
        var session = (PeerSession)peer.Manager.AcceptChannel(new PeerId(default), share.Info.InfoHash)!;
        session.OnOpened(channel);
        session.OnMessage(MessageId.HaveNone, []);
        session.OnMessage(MessageId.Interested, []);
        var buffer = new byte[Block];
        var payload = new byte[BlockRequest.Size];

        Serve(1_000);
        Assert.InRange(Allocation.Least(() => Serve(Blocks), enough: Allowed), 0, Allowed);

        void Serve(int count)
        {
            for (var i = 0; i < count; i++)
            {
                new BlockRequest(i % share.Info.PieceCount, i % 16 * Block, Block).Write(payload);
                session.OnMessage(MessageId.Request, payload);
                if (i % 16 == 0) session.OnBatchEnd();
                Assert.True(channel.Answers.TryDequeue(out var answer));
                Assert.True(session.ReadBlock(answer, buffer));
                session.OnBlockSent(answer);
            }
        }
    }

    private sealed class CountingChannel : IMessageChannel
    {
        public Queue<BlockRequest> Requests { get; } = new(4096);

        public Queue<BlockRequest> Answers { get; } = new(4096);

        public PeerId? RemoteId => new PeerId(default);

        public string RemoteName => "remote";

        public bool IsForeign => false;

        public TimeSpan RoundTripTime => TimeSpan.FromMilliseconds(1);

        public void Send(ReadOnlySpan<byte> message)
        {
            if (message[0] == (byte)MessageId.Request) Requests.Enqueue(BlockRequest.Read(message[1..]));
        }

        public bool QueueBlock(in BlockRequest request)
        {
            Answers.Enqueue(request);
            return true;
        }

        public bool CancelBlock(in BlockRequest request) => false;

        public void CancelAllBlocks(ICollection<BlockRequest> dropped)
        {
        }

        public void Close(string reason)
        {
        }
    }

    private sealed class NullStorage(Protocol.Metainfo.TorrentInfo info) : IShareStorage
    {
        public Protocol.Metainfo.TorrentInfo Info => info;

        public int PiecesHeld => 0;

        public long BytesHeld => 0;

        public bool HasPiece(int piece) => false;

        public void ReadBlock(int piece, int begin, Span<byte> destination) => destination.Clear();

        public void WritePiece(int piece, ReadOnlySpan<byte> data)
        {
        }

        public void DropPiece(int piece)
        {
        }

        public Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task CompleteAsync(Protocol.Metainfo.ShareAttributes? attributes, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task AbandonAsync(bool keepPartial, CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
