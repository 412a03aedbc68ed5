using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transfers.Simulation;

/// <summary>
/// A channel between two hosts whose cables have rates: messages first, then blocks, through a send buffer out of which
/// nothing can be taken back, at the pace of both hosts' cables, in the test's own time.
/// </summary>
internal sealed class RatedLink
{
    private const int SendBuffer = 64 * 1024;
    private const int Window = 128 * 1024;

    private bool _opened;
    private bool _told;

    public RatedLink(RatedHost left, RatedHost right, IChannelHandler opening, IChannelHandler accepting)
    {
        Left = new End(this, left, right.Id, opening);
        Right = new End(this, right, left.Id, accepting);
        Left.Other = Right;
        Right.Other = Left;
    }

    public End Left { get; }

    public End Right { get; }

    public string? CloseReason { get; private set; }

    public void Close(string reason) => CloseReason ??= reason;

    /// <summary>Opens it, or tells both ends that it has ended.</summary>
    /// <returns>Whether it is over.</returns>
    public bool Turn()
    {
        if (!_opened)
        {
            _opened = true;
            Left.Handler.OnOpened(Left);
            Right.Handler.OnOpened(Right);
        }

        if (CloseReason is null || _told) return _told;
        _told = true;
        Left.Handler.OnClosed(CloseReason);
        Right.Handler.OnClosed(CloseReason);
        return true;
    }

    /// <summary>One end; what it sends uses its host's upload and the other's download.</summary>
    internal sealed class End(RatedLink link, RatedHost host, PeerId remote, IChannelHandler handler) : IMessageChannel
    {
        private readonly Lock _gate = new();
        private readonly Queue<byte[]> _control = new();
        private readonly LinkedList<BlockRequest> _blocks = new();
        private readonly Queue<byte[]> _buffer = new();
        private readonly Queue<(byte[] Message, TimeSpan At)> _flight = new();
        private int _buffered;
        private int _sentOfFirst;
        private int _inFlight;
        private int _receivedOfFirst;
        private bool _touched;

        public IChannelHandler Handler => handler;

        public End Other { get; set; } = null!;

        public RatedHost Host => host;

        public PeerId? RemoteId => remote;

        public string RemoteName { get; } = remote.ToString()[..8];

        public bool IsForeign => false;

        public TimeSpan RoundTripTime => 2 * host.Latency;

        public void Send(ReadOnlySpan<byte> message)
        {
            lock (_gate) _control.Enqueue(message.ToArray());
        }

        public bool QueueBlock(in BlockRequest request)
        {
            lock (_gate)
            {
                if (link.CloseReason is not null || _blocks.Count >= 2000) return false;
                _blocks.AddLast(request);
                return true;
            }
        }

        public bool CancelBlock(in BlockRequest request)
        {
            lock (_gate) return _blocks.Remove(request);
        }

        public void CancelAllBlocks(ICollection<BlockRequest> dropped)
        {
            lock (_gate)
            {
                foreach (var block in _blocks) dropped.Add(block);
                _blocks.Clear();
            }
        }

        public void Close(string reason) => link.Close(reason);

        /// <summary>Puts up to so many bytes on the cable.</summary>
        /// <returns>How many.</returns>
        public int Transmit(int bytes, TimeSpan now)
        {
            if (link.CloseReason is not null || !link._opened) return 0;
            Commit();
            var sent = 0;
            while (sent < bytes && _inFlight < Window && _buffer.TryPeek(out var first))
            {
                var part = Math.Min(bytes - sent, first.Length - _sentOfFirst);
                sent += part;
                _sentOfFirst += part;
                if (_sentOfFirst < first.Length) break;
                _sentOfFirst = 0;
                _buffer.Dequeue();
                _buffered -= first.Length;
                _inFlight += first.Length;
                _flight.Enqueue((first, now + host.Latency));
            }

            return sent;
        }

        /// <summary>Reads up to so many bytes that have arrived from the other end.</summary>
        /// <returns>How many.</returns>
        public int Receive(int bytes, TimeSpan now)
        {
            if (link.CloseReason is not null) return 0;
            var from = Other;
            var read = 0;
            while (read < bytes && from._flight.TryPeek(out var first) && first.At <= now)
            {
                var part = Math.Min(bytes - read, first.Message.Length - from._receivedOfFirst);
                read += part;
                from._receivedOfFirst += part;
                if (from._receivedOfFirst < first.Message.Length) break;
                from._receivedOfFirst = 0;
                from._flight.Dequeue();
                from._inFlight -= first.Message.Length;
                Deliver(first.Message);
            }

            return read;
        }

        public void EndBatch()
        {
            if (!_touched || link.CloseReason is not null) return;
            _touched = false;
            handler.OnBatchEnd();
        }

        private void Deliver(byte[] message)
        {
            _touched = true;
            try
            {
                if (message[0] != (byte)MessageId.Piece)
                {
                    handler.OnMessage((MessageId)message[0], message.AsSpan(1));
                    return;
                }

                var header = PieceHeader.Read(message.AsSpan(1));
                var data = message.AsSpan(PieceHeader.Size);
                var target = handler.OnBlockStarting(header.Piece, header.Begin, data.Length);
                if (!target.IsEmpty) data.CopyTo(target.Span);
                handler.OnBlockReceived(header.Piece, header.Begin, data.Length);
            }
            catch (ProtocolException error)
            {
                link.Close(error.Message);
            }
        }

        private void Commit()
        {
            while (_buffered < SendBuffer)
            {
                byte[]? message = null;
                BlockRequest block = default;
                lock (_gate)
                {
                    if (!_control.TryDequeue(out message))
                    {
                        if (_blocks.First is not { } first) return;
                        block = first.Value;
                        _blocks.RemoveFirst();
                    }
                }

                message ??= ReadBlock(block);
                _buffer.Enqueue(message);
                _buffered += message.Length;
            }
        }

        private byte[] ReadBlock(BlockRequest block)
        {
            var message = new byte[PieceHeader.Size + block.Length];
            if (!handler.ReadBlock(block, message.AsSpan(PieceHeader.Size)))
            {
                Span<byte> reject = stackalloc byte[PeerMessage.MaxFixedSize];
                return reject[FrameHeader.LengthPrefixSize..PeerMessage.WriteBlockRequest(reject, MessageId.RejectRequest, block)].ToArray();
            }

            new PieceHeader(block.Piece, block.Begin).Write(message);
            handler.OnBlockSent(block);
            host.BlockBytesSent += block.Length;
            return message;
        }
    }
}
