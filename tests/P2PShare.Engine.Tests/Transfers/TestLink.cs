using System.Buffers.Binary;
using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transfers;

/// <summary>Two ends of a channel; what is sent goes over as real message bytes, when the test pumps.</summary>
internal sealed class TestLink
{
    public TestLink(PeerId? left, PeerId? right, bool foreign = false)
    {
        Left = new End(this, right, foreign);
        Right = new End(this, left, foreign);
        Left.Other = Right;
        Right.Other = Left;
    }

    /// <summary>The end that the opener holds.</summary>
    public End Left { get; }

    public End Right { get; }

    public string? CloseReason { get; private set; }

    public bool IsClosed => CloseReason is not null;

    private readonly TaskCompletionSource _openedSignal = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _opened;
    private bool _told;

    /// <summary>Called for each message on its way, id first; may change it, or drop it by returning false.</summary>
    public MessageFilter? Filter { get; set; }

    public delegate bool MessageFilter(End from, Span<byte> message);

    /// <summary>Blocks each end may send at one pump; a slow link has few.</summary>
    public int BlocksAtOnce { get; set; } = 32;

    /// <summary>Ends when both ends have been told that it is open.</summary>
    public Task Opened => _openedSignal.Task;

    public void Close(string reason) => CloseReason ??= reason;

    /// <summary>Moves what is queued in both directions.</summary>
    /// <returns>Whether anything moved.</returns>
    public bool Pump()
    {
        if (_told) return false;
        if (!_opened)
        {
            _opened = true;
            Left.Guard(() => Left.Handler!.OnOpened(Left));
            Right.Guard(() => Right.Handler!.OnOpened(Right));
            _openedSignal.TrySetResult();
            return true;
        }

        if (IsClosed)
        {
            _told = true;
            Left.Handler?.OnClosed(CloseReason!);
            Right.Handler?.OnClosed(CloseReason!);
            return true;
        }

        var moved = Left.Deliver(Right);
        return Right.Deliver(Left) || moved;
    }

    internal sealed class End(TestLink link, PeerId? remote, bool foreign) : IMessageChannel
    {
        private readonly Lock _gate = new();
        private readonly Queue<BlockRequest> _blocks = new();
        private byte[] _control = new byte[4096];
        private byte[] _wire = new byte[4096];
        private int _controlLength;

        public End? Other { get; set; }

        public IChannelHandler? Handler { get; set; }

        public TestLink Link => link;

        public PeerId? RemoteId => remote;

        public string RemoteName { get; set; } = remote?.ToString()[..8] ?? "foreign:1";

        public bool IsForeign => foreign;

        public TimeSpan RoundTripTime => TimeSpan.FromMilliseconds(1);

        /// <summary>Bytes of blocks this end has sent.</summary>
        public long BlockBytesSent { get; private set; }

        public void Send(ReadOnlySpan<byte> message)
        {
            lock (_gate)
            {
                if (link.IsClosed) return;
                var needed = _controlLength + 4 + message.Length;
                if (needed > _control.Length) Array.Resize(ref _control, Math.Max(needed, 2 * _control.Length));
                BinaryPrimitives.WriteInt32BigEndian(_control.AsSpan(_controlLength), message.Length);
                message.CopyTo(_control.AsSpan(_controlLength + 4));
                _controlLength = needed;
            }
        }

        /// <summary>Sends a message as a misbehaving peer would.</summary>
        public void SendRaw(MessageId id, params byte[] payload) => Send([(byte)id, .. payload]);

        public bool QueueBlock(in BlockRequest request)
        {
            lock (_gate)
            {
                if (link.IsClosed || _blocks.Count >= 2000) return false;
                _blocks.Enqueue(request);
                return true;
            }
        }

        public bool CancelBlock(in BlockRequest request)
        {
            lock (_gate)
            {
                var found = false;
                for (var i = _blocks.Count; i > 0; i--)
                {
                    var queued = _blocks.Dequeue();
                    if (!found && queued == request) found = true;
                    else _blocks.Enqueue(queued);
                }

                return found;
            }
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

        public void Guard(Action action)
        {
            try
            {
                action();
            }
            catch (ProtocolException error)
            {
                link.Close(error.Message);
            }
        }

        /// <summary>Writes what this end has queued as bytes, and has the other end read them.</summary>
        public bool Deliver(End to)
        {
            var length = 0;
            lock (_gate)
            {
                (_control, _wire) = (_wire, _control);
                length = _controlLength;
                _controlLength = 0;
            }

            for (var i = 0; i < link.BlocksAtOnce; i++)
            {
                BlockRequest block;
                lock (_gate)
                {
                    if (!_blocks.TryDequeue(out block)) break;
                }

                var needed = length + PeerMessage.PiecePrefixSize + block.Length;
                if (needed > _wire.Length) Array.Resize(ref _wire, Math.Max(needed, 2 * _wire.Length));
                if (Handler!.ReadBlock(block, _wire.AsSpan(length + PeerMessage.PiecePrefixSize, block.Length)))
                {
                    PeerMessage.WritePiecePrefix(_wire.AsSpan(length), new PieceHeader(block.Piece, block.Begin), block.Length);
                    length = needed;
                    BlockBytesSent += block.Length;
                    Handler.OnBlockSent(block);
                }
                else
                {
                    length += PeerMessage.WriteBlockRequest(_wire.AsSpan(length), MessageId.RejectRequest, block);
                }
            }

            if (length == 0) return false;
            Read(to, length);
            return true;
        }

        private void Read(End to, int length)
        {
            var position = 0;
            try
            {
                while (position < length && !link.IsClosed)
                {
                    var size = BinaryPrimitives.ReadInt32BigEndian(_wire.AsSpan(position));
                    var message = _wire.AsSpan(position + 4, size);
                    position += 4 + size;
                    if (link.Filter is { } filter && !filter(this, message)) continue;
                    if (message[0] == (byte)MessageId.Piece)
                    {
                        var header = PieceHeader.Read(message[1..]);
                        var data = message[PieceHeader.Size..];
                        var target = to.Handler!.OnBlockStarting(header.Piece, header.Begin, data.Length);
                        if (!target.IsEmpty) data.CopyTo(target.Span);
                        to.Handler.OnBlockReceived(header.Piece, header.Begin, data.Length);
                    }
                    else
                    {
                        to.Handler!.OnMessage((MessageId)message[0], message[1..]);
                    }
                }

                if (!link.IsClosed) to.Handler!.OnBatchEnd();
            }
            catch (ProtocolException error)
            {
                link.Close(error.Message);
            }
        }
    }
}
