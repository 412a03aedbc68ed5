using System.Buffers;
using System.Runtime.CompilerServices;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transport;

/// <summary>
/// Moves messages between a stream and the sessions: one task reads, one writes. A block's bytes go from the stream
/// straight into the buffer of its piece; many blocks are written in one call.
/// </summary>
internal sealed class MessagePump
{
    /// <summary>The longest single write.</summary>
    public const int MaxWrite = 256 * 1024;

    // Between blocks only some tens of bytes are read ahead, because what is read ahead of a block has to be copied.
    private const int LookAhead = 2048;
    private const int BytesPerBatch = 512 * 1024;

    private readonly Stream _stream;
    private readonly bool _framed;
    private readonly IFrameSink _sink;
    private readonly TimeProvider _time;
    private readonly byte[] _ahead = new byte[LookAhead];

    private int _start;
    private int _end;
    private int _sinceBatch;
    private long _lastReceived;
    private long _lastSent;
    private long _writeStarted;
    private long _bytesReceived;
    private long _bytesSent;

    /// <param name="framed">Whether a channel number precedes each message.</param>
    public MessagePump(Stream stream, bool framed, IFrameSink sink, TimeProvider time)
    {
        _stream = stream;
        _framed = framed;
        _sink = sink;
        _time = time;
        Outgoing = new SendScheduler(framed);
        _lastReceived = _lastSent = time.GetTimestamp();
    }

    public SendScheduler Outgoing { get; }

    /// <summary>Bytes read from the stream, of any kind.</summary>
    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    /// <summary>Bytes written to the stream, of any kind.</summary>
    public long BytesSent => Volatile.Read(ref _bytesSent);

    /// <summary>How long ago the last byte arrived.</summary>
    public TimeSpan Silence => _time.GetElapsedTime(Volatile.Read(ref _lastReceived));

    /// <summary>How long ago the last write ended.</summary>
    public TimeSpan Quiet => _time.GetElapsedTime(Volatile.Read(ref _lastSent));

    /// <summary>How long the write under way has been waiting for the other end to read; zero when there is none.</summary>
    public TimeSpan WriteStall => Volatile.Read(ref _writeStarted) is var started and not 0 ? _time.GetElapsedTime(started) : TimeSpan.Zero;

    /// <summary>Reads until the stream ends, and tells why it ended.</summary>
    /// <exception cref="Protocol.ProtocolException">The other end broke the protocol.</exception>
    public async Task<string> ReadAllAsync(CancellationToken cancellationToken)
    {
        var headerSize = _framed ? FrameHeader.Size : FrameHeader.LengthPrefixSize;
        while (await EnsureAsync(headerSize, cancellationToken).ConfigureAwait(false))
        {
            var header = _framed ? FrameHeader.Read(Ahead) : new FrameHeader(0, FrameHeader.ReadLength(Ahead));
            _start += headerSize;
            if (header.IsKeepAlive) continue;
            if (!await EnsureAsync(1, cancellationToken).ConfigureAwait(false)) return "the connection ended in the middle of a message";
            var id = _ahead[_start++];
            var isMembership = _framed && header.Channel == ChannelNumber.Membership;
            if (!isMembership) MessageLengths.Check((MessageId)id, header.MessageLength);
            var whole = !isMembership && id == (byte)MessageId.Piece
                ? await ReadBlockAsync(header, cancellationToken).ConfigureAwait(false)
                : await ReadMessageAsync(header, id, cancellationToken).ConfigureAwait(false);
            if (!whole) return "the connection ended in the middle of a message";
        }

        return "the connection ended";
    }

    /// <summary>Writes until <see cref="SendScheduler.Close"/>.</summary>
    public async Task WriteAllAsync(CancellationToken cancellationToken)
    {
        while (await Outgoing.WaitAsync(cancellationToken).ConfigureAwait(false))
        {
            var buffer = ArrayPool<byte>.Shared.Rent(MaxWrite);
            try
            {
                while (Outgoing.Fill(buffer.AsSpan(0, MaxWrite)) is var count and > 0)
                {
                    Volatile.Write(ref _writeStarted, _time.GetTimestamp());
                    await _stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                    Volatile.Write(ref _writeStarted, 0);
                    Volatile.Write(ref _lastSent, _time.GetTimestamp());
                    Interlocked.Add(ref _bytesSent, count);
                    Outgoing.NotifySent();
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private ReadOnlySpan<byte> Ahead => _ahead.AsSpan(_start, _end - _start);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadMessageAsync(FrameHeader header, byte id, CancellationToken cancellationToken)
    {
        var length = header.MessageLength - 1;
        if (length <= LookAhead)
        {
            if (!await EnsureAsync(length, cancellationToken).ConfigureAwait(false)) return false;
            var payload = _ahead.AsSpan(_start, length);
            _start += length;
            _sink.OnMessage(header.Channel, id, payload);
            return true;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            if (!await ReadExactlyAsync(buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false)) return false;
            _sink.OnMessage(header.Channel, id, buffer.AsSpan(0, length));
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadBlockAsync(FrameHeader header, CancellationToken cancellationToken)
    {
        if (!await EnsureAsync(PieceHeader.Size - 1, cancellationToken).ConfigureAwait(false)) return false;
        var piece = PieceHeader.Read(Ahead);
        _start += PieceHeader.Size - 1;
        var length = PieceHeader.DataLength(header.MessageLength);
        var target = _sink.OnBlockStarting(header.Channel, piece, length);
        if (target.IsEmpty) return await DiscardAsync(length, cancellationToken).ConfigureAwait(false);
        if (!await ReadExactlyAsync(target[..length], cancellationToken).ConfigureAwait(false)) return false;
        _sink.OnBlockReceived(header.Channel, piece, length);
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadExactlyAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        var copied = Math.Min(target.Length, _end - _start);
        _ahead.AsSpan(_start, copied).CopyTo(target.Span);
        _start += copied;
        while (copied < target.Length)
        {
            var count = await ReadAsync(target[copied..], cancellationToken).ConfigureAwait(false);
            if (count == 0) return false;
            copied += count;
        }

        return true;
    }

    private async ValueTask<bool> DiscardAsync(int length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            if (!await EnsureAsync(1, cancellationToken).ConfigureAwait(false)) return false;
            var count = Math.Min(length, _end - _start);
            _start += count;
            length -= count;
        }

        return true;
    }

    /// <summary>Reads ahead until at least <paramref name="count"/> bytes (up to the look-ahead's size) are there; false at the stream's end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> EnsureAsync(int count, CancellationToken cancellationToken)
    {
        while (_end - _start < count)
        {
            if (_start > 0)
            {
                Ahead.CopyTo(_ahead);
                _end -= _start;
                _start = 0;
            }

            var read = await ReadAsync(_ahead.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0) return false;
            _end += read;
        }

        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        var pending = _stream.ReadAsync(target, cancellationToken);
        if (!pending.IsCompleted || _sinceBatch > BytesPerBatch)
        {
            _sinceBatch = 0;
            _sink.OnBatchEnd();
        }

        var count = await pending.ConfigureAwait(false);
        _sinceBatch += count;
        Volatile.Write(ref _lastReceived, _time.GetTimestamp());
        Interlocked.Add(ref _bytesReceived, count);
        return count;
    }
}
