using P2PShare.Engine.Transport;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transport;

public sealed class SendSeriesTests
{
    private const int PageSize = 200_000;

    private readonly SendScheduler _scheduler = new(framed: true);
    private readonly byte[] _buffer = new byte[MessagePump.MaxWrite];
    private int _made;

    [Fact]
    public void A_series_of_any_length_is_made_as_it_is_written()
    {
        const int Count = 2 * SendScheduler.MaxControlBytes / PageSize;
        Assert.True(_scheduler.SendSeries(Pages(12, Count)));
        Assert.Equal(0, _made);
        Assert.False(_scheduler.IsEmpty);
        long written = 0;
        while (_scheduler.Fill(_buffer) is var count and > 0)
        {
            written += count;
            Assert.InRange(_made * (long)PageSize, 0, written + 2 * MessagePump.MaxWrite);
        }

        Assert.Equal(Count, _made);
        Assert.Equal((long)Count * (FrameHeader.Size + 1 + PageSize), written);
        Assert.True(_scheduler.IsEmpty);
    }

    [Fact]
    public void What_is_sent_behind_a_series_stays_behind_it()
    {
        _scheduler.SendSeries(Pages(12, 10));
        _scheduler.Send(_scheduler.Membership, [16]);
        _scheduler.SendSeries(Pages(13, 2));
        _scheduler.Send(_scheduler.Membership, [17]);
        Assert.Equal([.. Enumerable.Repeat((byte)12, 10), 16, 13, 13, 17], Drain());
        Assert.True(_scheduler.IsEmpty);
    }

    [Fact]
    public void A_keep_alive_and_other_channels_need_not_wait_for_it()
    {
        var channel = _scheduler.Add(1, new NoBlocks());
        _scheduler.SendSeries(Pages(12, 10));
        _scheduler.Send(_scheduler.Membership, default);
        _scheduler.Send(channel, [(byte)MessageId.Unchoke]);
        var order = Drain();
        Assert.InRange(order.IndexOf(255), 0, 1);
        Assert.InRange(order.IndexOf((byte)MessageId.Unchoke), 0, 11);
        Assert.Equal(12, order.Count);
    }

    [Fact]
    public void What_waits_behind_a_series_is_bounded()
    {
        _scheduler.SendSeries(Pages(12, 10));
        var accepted = 0;
        while (_scheduler.Send(_scheduler.Membership, [16], new byte[100_000])) accepted++;
        Assert.Equal(SendScheduler.MaxControlBytes / (100_000 + 1 + FrameHeader.Size), accepted);
        for (var i = 1; i < SendScheduler.MaxSeries; i++) Assert.True(_scheduler.SendSeries(Pages(12, 1)));
        Assert.False(_scheduler.SendSeries(Pages(12, 1)));
        Assert.Equal(10 + accepted + SendScheduler.MaxSeries - 1, Drain().Count);
        Assert.True(_scheduler.SendSeries(Pages(12, 1)));
        Assert.True(_scheduler.Send(_scheduler.Membership, [16], new byte[100_000]));
    }

    [Fact]
    public void What_was_not_made_yet_can_be_dropped()
    {
        _scheduler.SendSeries(Pages(12, 10));
        _scheduler.Send(_scheduler.Membership, [16]);
        byte[] first = _buffer[.._scheduler.Fill(_buffer)];
        _scheduler.DropSeries();
        _scheduler.Send(_scheduler.Membership, [3]);
        var order = Drain(first);
        Assert.Equal(_made, order.Count - 1);
        Assert.Equal(3, order[^1]);
        Assert.InRange(_made, 1, 3);
        Assert.True(_scheduler.IsEmpty);
    }

    private IEnumerable<(byte Id, ReadOnlyMemory<byte> Payload)> Pages(byte id, int count)
    {
        var page = new byte[PageSize];
        for (var i = 0; i < count; i++)
        {
            _made++;
            yield return (id, page);
        }
    }

    private List<byte> Drain(params byte[] before)
    {
        var all = new List<byte>(before);
        while (_scheduler.Fill(_buffer) is var count and > 0) all.AddRange(_buffer.AsSpan(0, count));
        var ids = new List<byte>();
        for (ReadOnlySpan<byte> rest = all.ToArray(); !rest.IsEmpty;)
        {
            var header = FrameHeader.Read(rest);
            ids.Add(header.IsKeepAlive ? (byte)255 : rest[FrameHeader.Size]);
            rest = rest[(FrameHeader.Size + header.MessageLength)..];
        }

        return ids;
    }

    private sealed class NoBlocks : IChannelHandler
    {
        public bool ReadBlock(in BlockRequest request, Span<byte> destination) => false;

        public void OnBlockSent(in BlockRequest request)
        {
        }

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
