using P2PShare.Engine.Transport;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transport;

public sealed class SendSchedulerTests
{
    private const int Block = BlockRequest.BlockSize;

    private readonly SendScheduler _scheduler = new(framed: true);
    private readonly byte[] _buffer = new byte[MessagePump.MaxWrite];

    [Fact]
    public void Membership_goes_before_control_and_control_before_blocks()
    {
        var source = new Source();
        var channel = _scheduler.Add(1, source);
        _scheduler.QueueBlock(channel, new BlockRequest(0, 0, Block));
        _scheduler.Send(channel, [(byte)MessageId.Unchoke]);
        _scheduler.Send(_scheduler.Membership, [17]);
        Assert.Equal([(0u, (byte)17), (1u, (byte)MessageId.Unchoke), (1u, (byte)MessageId.Piece)], Drain().Select(frame => (frame.Channel, frame.Id)));
        Assert.True(_scheduler.IsEmpty);
    }

    [Fact]
    public void Channels_take_turns_whatever_each_has_queued()
    {
        var channels = Enumerable.Range(1, 4).Select(number => _scheduler.Add((uint)number, new Source())).ToArray();
        foreach (var channel in channels)
            for (var i = 0; i < (channel.Number == 1 ? 400 : 40); i++) _scheduler.QueueBlock(channel, new BlockRequest(i, 0, Block));
        var order = Drain().Select(frame => frame.Channel).ToList();
        Assert.Equal(400 + 3 * 40, order.Count);
        // Until the short queues are done each has had its quarter.
        var shared = order.Take(140).GroupBy(channel => channel).Select(group => group.Count()).ToList();
        Assert.All(shared, count => Assert.InRange(count, 25, 45));
    }

    [Fact]
    public void Small_and_large_blocks_get_the_same_bytes()
    {
        var small = _scheduler.Add(1, new Source());
        var large = _scheduler.Add(2, new Source());
        for (var i = 0; i < 1500; i++) _scheduler.QueueBlock(small, new BlockRequest(i, 0, 1000));
        for (var i = 0; i < 100; i++) _scheduler.QueueBlock(large, new BlockRequest(i, 0, Block));
        var first = Drain().Take(800).ToList();
        var bytes = first.GroupBy(frame => frame.Channel).ToDictionary(group => group.Key, group => group.Sum(frame => (long)frame.Length));
        Assert.InRange(bytes[1], bytes[2] / 2, bytes[2] * 2);
    }

    [Fact]
    public void A_block_is_read_when_there_is_room_for_it_and_not_before()
    {
        var source = new Source();
        var channel = _scheduler.Add(1, source);
        for (var i = 0; i < 100; i++) _scheduler.QueueBlock(channel, new BlockRequest(i, 0, Block));
        Assert.Empty(source.Read);
        var count = _scheduler.Fill(_buffer);
        Assert.InRange(count, MessagePump.MaxWrite - Block - 100, MessagePump.MaxWrite);
        Assert.Equal(count / Block, source.Read.Count);
        Assert.Empty(source.Sent);
        _scheduler.NotifySent();
        Assert.Equal(source.Read, source.Sent);
    }

    [Fact]
    public void Cancelled_and_choked_blocks_are_never_read()
    {
        var source = new Source();
        var channel = _scheduler.Add(1, source);
        for (var i = 0; i < 5; i++) _scheduler.QueueBlock(channel, new BlockRequest(i, 0, Block));
        Assert.True(_scheduler.CancelBlock(channel, new BlockRequest(2, 0, Block)));
        Assert.False(_scheduler.CancelBlock(channel, new BlockRequest(2, 0, Block)));
        var dropped = new List<BlockRequest>();
        Drain(1);
        _scheduler.CancelAllBlocks(channel, dropped);
        Assert.DoesNotContain(source.Read, request => request.Piece == 2);
        Assert.Equal(4, source.Read.Count + dropped.Count);
        Assert.True(_scheduler.IsEmpty);
    }

    [Fact]
    public void A_block_that_cannot_be_read_is_rejected_in_its_place()
    {
        var source = new Source { Missing = 1 };
        var channel = _scheduler.Add(1, source);
        for (var i = 0; i < 3; i++) _scheduler.QueueBlock(channel, new BlockRequest(i, 0, Block));
        Assert.Equal([MessageId.Piece, MessageId.RejectRequest, MessageId.Piece], Drain().Select(frame => (MessageId)frame.Id));
        _scheduler.NotifySent();
        Assert.Equal([0, 2], source.Sent.Select(request => request.Piece));
    }

    [Fact]
    public void A_message_longer_than_a_write_goes_out_whole_and_nothing_comes_between()
    {
        var channel = _scheduler.Add(1, new Source());
        var payload = new byte[600_000];
        new Random(1).NextBytes(payload);
        _scheduler.Send(channel, [(byte)MessageId.Extended], payload);
        _scheduler.QueueBlock(channel, new BlockRequest(0, 0, Block));
        var first = _buffer[.._scheduler.Fill(_buffer)];
        _scheduler.Send(_scheduler.Membership, [17]);
        byte[] all = [.. first, .. DrainBytes()];
        var frames = Parse(all);
        Assert.Equal([(1u, (byte)MessageId.Extended), (0u, (byte)17), (1u, (byte)MessageId.Piece)], frames.Select(frame => (frame.Channel, frame.Id)));
        Assert.True(all.AsSpan(FrameHeader.Size + 1, payload.Length).SequenceEqual(payload));
    }

    [Fact]
    public void A_channel_closed_in_the_middle_of_its_message_does_not_break_the_stream()
    {
        var channel = _scheduler.Add(1, new Source());
        _scheduler.Send(channel, [(byte)MessageId.Extended], new byte[600_000]);
        var first = _buffer[.._scheduler.Fill(_buffer)];
        _scheduler.Remove(channel);
        _scheduler.Send(_scheduler.Membership, [17]);
        Assert.Equal([(1u, 600_001), (0u, 1)], Parse([.. first, .. DrainBytes()]).Select(frame => (frame.Channel, frame.Length)));
        Assert.True(_scheduler.IsEmpty);
    }

    [Fact]
    public void The_queue_is_bounded()
    {
        var channel = _scheduler.Add(1, new Source());
        var accepted = 0;
        while (_scheduler.Send(channel, [(byte)MessageId.Extended], new byte[100_000])) accepted++;
        Assert.Equal(SendScheduler.MaxControlBytes / (100_000 + 1 + FrameHeader.Size), accepted);
        for (var i = 0; i < OutgoingChannel.MaxQueuedBlocks; i++) Assert.True(_scheduler.QueueBlock(channel, new BlockRequest(i, 0, Block)));
        Assert.False(_scheduler.QueueBlock(channel, new BlockRequest(0, 0, Block)));
        _scheduler.Remove(channel);
        Assert.True(_scheduler.Send(_scheduler.Membership, [17], new byte[1_000_000]));
    }

    [Fact]
    public async Task Waiting_ends_when_there_is_something_and_when_it_is_closed()
    {
        var waiting = _scheduler.WaitAsync(default).AsTask();
        Assert.False(waiting.IsCompleted);
        _scheduler.Send(_scheduler.Membership, [17]);
        Assert.True(await waiting);
        waiting = _scheduler.WaitAsync(default).AsTask();
        _scheduler.Close();
        Assert.False(await waiting);
        Assert.False(_scheduler.QueueBlock(_scheduler.Membership, new BlockRequest(0, 0, Block)));
    }

    private List<Frame> Drain(int writes = int.MaxValue) => Parse(DrainBytes(writes));

    private byte[] DrainBytes(int writes = int.MaxValue)
    {
        var all = new List<byte>();
        while (writes-- > 0 && _scheduler.Fill(_buffer) is var count and > 0) all.AddRange(_buffer.AsSpan(0, count));
        return [.. all];
    }

    private static List<Frame> Parse(ReadOnlySpan<byte> bytes)
    {
        var frames = new List<Frame>();
        while (!bytes.IsEmpty)
        {
            var header = FrameHeader.Read(bytes);
            frames.Add(new Frame(header.Channel, header.IsKeepAlive ? (byte)255 : bytes[FrameHeader.Size], header.MessageLength));
            bytes = bytes[(FrameHeader.Size + header.MessageLength)..];
        }

        return frames;
    }

    private sealed record Frame(uint Channel, byte Id, int Length);

    private sealed class Source : IChannelHandler
    {
        public List<BlockRequest> Read { get; } = [];

        public List<BlockRequest> Sent { get; } = [];

        public int Missing { get; init; } = -1;

        public bool ReadBlock(in BlockRequest request, Span<byte> destination)
        {
            if (request.Piece == Missing) return false;
            Assert.Equal(request.Length, destination.Length);
            Read.Add(request);
            return true;
        }

        public void OnBlockSent(in BlockRequest request) => Sent.Add(request);

        public void OnOpened(IMessageChannel channel)
        {
        }

        public void OnMessage(MessageId id, ReadOnlySpan<byte> payload)
        {
        }

        public Memory<byte> OnBlockStarting(int piece, int begin, int length) => default;

        public void OnBlockReceived(int piece, int begin, int length)
        {
        }

        public void OnBatchEnd()
        {
        }

        public void OnClosed(string reason)
        {
        }
    }
}
