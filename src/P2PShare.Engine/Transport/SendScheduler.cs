using System.Buffers.Binary;
using System.Threading.Channels;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transport;

/// <summary>
/// Decides what is written next on a connection: channel 0 first, then control messages, then blocks by deficit
/// round-robin over the channels. Blocks are queued as requests and read only when there is room in the write at hand,
/// so a cancel or choke acts at once.
/// </summary>
internal sealed class SendScheduler
{
    /// <summary>The most bytes of control messages queued on a connection; past it the other end evidently does not read.</summary>
    public const int MaxControlBytes = 16 * 1024 * 1024;

    /// <summary>The most series of messages that wait on a connection for room.</summary>
    public const int MaxSeries = 32;

    private const int Quantum = 4 * BlockRequest.BlockSize;
    private const int MaxRounds = 2 + BlockRequest.MaxLength / Quantum;

    private readonly Lock _lock = new();
    private readonly bool _framed;
    private readonly List<OutgoingChannel> _channels = [];
    private readonly List<(OutgoingChannel Channel, BlockRequest Request)> _sent = [];
    private readonly Channel<bool> _wake = System.Threading.Channels.Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    // What is sent on channel 0 behind a series that is not all made yet.
    private readonly Queue<Deferred> _deferred = new();

    private ByteQueue? _cut;
    private int _controlBytes;
    private int _series;
    private int _turn;
    private bool _closed;

    /// <param name="framed">Whether a channel number precedes each message: on links yes, on foreign connections no.</param>
    public SendScheduler(bool framed)
    {
        _framed = framed;
        Membership = new OutgoingChannel(ChannelNumber.Membership);
        if (framed) _channels.Add(Membership);
    }

    public OutgoingChannel Membership { get; }

    /// <summary>The bytes before a block's data.</summary>
    private int PieceOverhead => (_framed ? PeerMessage.ChannelSize : 0) + PeerMessage.PiecePrefixSize;

    public OutgoingChannel Add(uint number, IChannelHandler handler)
    {
        var channel = new OutgoingChannel(number) { Handler = handler };
        lock (_lock) _channels.Add(channel);
        return channel;
    }

    public void Remove(OutgoingChannel channel)
    {
        lock (_lock)
        {
            channel.Closed = true;
            channel.RemoveAllBlocks(null);
            // What is cut in the middle must be finished, or the stream is out of step.
            if (_cut != channel.Control) Forget(channel);
        }
    }

    /// <summary>Queues a message: its first bytes and the rest, which together are id and payload; nothing at all is a keep-alive.</summary>
    /// <returns>False when so much is waiting that the other end evidently does not read: the connection is to be closed.</returns>
    public bool Send(OutgoingChannel channel, ReadOnlySpan<byte> message, ReadOnlySpan<byte> rest = default)
    {
        lock (_lock)
        {
            if (_closed || channel.Closed) return true;
            if (_controlBytes + SizeOf(message.Length + rest.Length) > MaxControlBytes) return false;
            if (_deferred.Count == 0 || channel != Membership || message.IsEmpty)
            {
                Append(channel, message, rest);
            }
            else
            {
                _deferred.Enqueue(new Deferred(null, [.. message, .. rest]));
                _controlBytes += SizeOf(message.Length + rest.Length);
            }
        }

        Wake();
        return true;
    }

    /// <summary>
    /// Queues messages of channel 0, each of which is made only when there is room for it: so that a long series takes no
    /// memory, and is no sign that the other end does not read. What is sent on the channel afterwards comes behind them.
    /// </summary>
    /// <param name="messages">Asked for on the writer's thread; each is used before the next is asked for.</param>
    /// <returns>False when so many series are waiting that the other end evidently does not read.</returns>
    public bool SendSeries(IEnumerable<(byte Id, ReadOnlyMemory<byte> Payload)> messages)
    {
        lock (_lock)
        {
            if (_closed) return true;
            if (_series == MaxSeries) return false;
            _series++;
            _deferred.Enqueue(new Deferred(messages.GetEnumerator(), null));
        }

        Wake();
        return true;
    }

    /// <summary>Forgets the messages that have not been made yet.</summary>
    public void DropSeries()
    {
        lock (_lock) ForgetDeferred();
    }

    public bool QueueBlock(OutgoingChannel channel, in BlockRequest request)
    {
        lock (_lock)
        {
            if (_closed || channel.Closed || !channel.TryQueueBlock(request)) return false;
        }

        Wake();
        return true;
    }

    public bool CancelBlock(OutgoingChannel channel, in BlockRequest request)
    {
        lock (_lock) return channel.RemoveBlock(request);
    }

    public void CancelAllBlocks(OutgoingChannel channel, ICollection<BlockRequest> removed)
    {
        lock (_lock) channel.RemoveAllBlocks(removed);
    }

    /// <summary>Whether everything queued has been taken.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock) return _controlBytes == 0 && _deferred.Count == 0 && !_channels.Exists(c => c.HasBlocks);
        }
    }

    /// <summary>Ends <see cref="WaitAsync"/> with false.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            ForgetDeferred();
            foreach (var channel in _channels) channel.RemoveAllBlocks(null);
        }

        _wake.Writer.TryComplete();
    }

    /// <summary>Waits until there may be something to send; false when closed.</summary>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (!await _wake.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false)) return false;
        _wake.Reader.TryRead(out _);
        return true;
    }

    /// <summary>Fills a write with what is due, and returns its length; 0 when nothing is.</summary>
    public int Fill(Span<byte> buffer)
    {
        MakeDeferred(buffer.Length);
        var used = FillControl(buffer);
        while (TryTakeBlock(buffer.Length - used, out var channel, out var request))
        {
            var start = used;
            var room = buffer[used..];
            var prefix = 0;
            if (_framed) prefix = PeerMessage.WriteChannel(room, channel.Number);
            prefix += PeerMessage.WritePiecePrefix(room[prefix..], new PieceHeader(request.Piece, request.Begin), request.Length);
            if (channel.Handler!.ReadBlock(request, room.Slice(prefix, request.Length)))
            {
                used += prefix + request.Length;
                _sent.Add((channel, request));
            }
            else
            {
                // BEP 6: every request gets exactly one reply.
                used = start + (_framed ? PeerMessage.ChannelSize : 0);
                used += PeerMessage.WriteBlockRequest(buffer[used..], MessageId.RejectRequest, request);
            }
        }

        return used;
    }

    /// <summary>The last <see cref="Fill"/> has been handed to the socket: tells the sessions whose blocks were in it, also those that ended meanwhile: who has the last block may close before this side has counted it.</summary>
    public void NotifySent()
    {
        foreach (var (channel, request) in _sent)
            channel.Handler!.OnBlockSent(request);
        _sent.Clear();
    }

    private void Append(OutgoingChannel channel, ReadOnlySpan<byte> message, ReadOnlySpan<byte> rest)
    {
        var length = message.Length + rest.Length;
        var size = SizeOf(length);
        var room = channel.Control.Append(size);
        if (_framed) room = room[PeerMessage.WriteChannel(room, channel.Number)..];
        BinaryPrimitives.WriteInt32BigEndian(room, length);
        message.CopyTo(room[FrameHeader.LengthPrefixSize..]);
        rest.CopyTo(room[(FrameHeader.LengthPrefixSize + message.Length)..]);
        _controlBytes += size;
    }

    private int SizeOf(int length) => length + (_framed ? FrameHeader.Size : FrameHeader.LengthPrefixSize);

    // Makes of the series that wait what the write at hand has room for, and lets what was sent behind them follow.
    private void MakeDeferred(int room)
    {
        while (true)
        {
            Deferred next;
            lock (_lock)
            {
                while (_deferred.TryPeek(out next) && next.Message is { } message)
                {
                    _deferred.Dequeue();
                    _controlBytes -= SizeOf(message.Length);
                    Append(Membership, message, default);
                }

                if (_deferred.Count == 0 || Membership.Control.Length >= room) return;
            }

            // The lock is not held: a page of a snapshot takes a millisecond to make, and nobody else makes any.
            var series = next.Series!;
            var hasMore = series.MoveNext();
            lock (_lock)
            {
                // Forgotten meanwhile.
                if (!_deferred.TryPeek(out var first) || first.Series != series) return;
                if (hasMore)
                {
                    Append(Membership, [series.Current.Id], series.Current.Payload.Span);
                    continue;
                }

                _deferred.Dequeue();
                _series--;
            }

            series.Dispose();
        }
    }

    private void ForgetDeferred()
    {
        foreach (var deferred in _deferred)
            if (deferred.Message is { } message) _controlBytes -= SizeOf(message.Length);
        _deferred.Clear();
        _series = 0;
    }

    private int FillControl(Span<byte> buffer)
    {
        lock (_lock)
        {
            var used = 0;
            if (_cut is not null)
            {
                used = Take(_cut, buffer);
                if (_cut.Length > 0) return used;
                _cut = null;
                _channels.RemoveAll(c => c.Closed);
            }

            foreach (var channel in _channels)
            {
                if (channel.Control.Length == 0) continue;
                used += Take(channel.Control, buffer[used..]);
                if (channel.Control.Length == 0) continue;
                _cut = channel.Control;
                break;
            }

            return used;
        }
    }

    private int Take(ByteQueue queue, Span<byte> buffer)
    {
        var taken = queue.TakeInto(buffer);
        _controlBytes -= taken;
        return taken;
    }

    private bool TryTakeBlock(int room, out OutgoingChannel channel, out BlockRequest request)
    {
        lock (_lock)
        {
            // A channel whose credit is used up passes its turn; a block may be longer than one quantum.
            for (var tries = MaxRounds * _channels.Count; _cut is null && tries > 0; tries--)
            {
                if (_turn >= _channels.Count) _turn = 0;
                channel = _channels[_turn];
                var length = channel.NextBlockLength;
                if (length > 0 && length <= channel.Credit)
                {
                    if (length + PieceOverhead > room) break;
                    channel.Credit -= length;
                    return channel.TryTakeBlock(out request);
                }

                _turn = (_turn + 1) % _channels.Count;
                var next = _channels[_turn];
                next.Credit = next.HasBlocks ? Math.Min(next.Credit, BlockRequest.MaxLength) + Quantum : 0;
            }

            channel = null!;
            request = default;
            return false;
        }
    }

    private void Forget(OutgoingChannel channel)
    {
        _controlBytes -= channel.Control.Length;
        _channels.Remove(channel);
    }

    private void Wake() => _wake.Writer.TryWrite(true);

    private readonly record struct Deferred(IEnumerator<(byte Id, ReadOnlyMemory<byte> Payload)>? Series, byte[]? Message);
}
