using P2PShare.Engine.Errors;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transport;

/// <summary>
/// One share's session on a link, or the one session of a foreign connection: carries what the session says to the
/// scheduler, and what the reader reads to the session, one call at a time.
/// </summary>
internal sealed class ShareChannel : IMessageChannel
{
    private readonly Lock _gate = new();
    private readonly SendScheduler _outgoing;
    private readonly IChannelHost _host;
    private readonly OutgoingChannel _queue;
    private readonly Action _onBatchEnd;
    private bool _blockUnderWay;
    private bool _closedTold;
    private string? _endReason;

    public ShareChannel(IChannelHost host, SendScheduler outgoing, uint number, InfoHash? share, IChannelHandler handler)
    {
        _host = host;
        _outgoing = outgoing;
        Number = number;
        Share = share;
        Handler = handler;
        _onBatchEnd = handler.OnBatchEnd;
        _queue = outgoing.Add(number, handler);
    }

    public uint Number { get; }

    /// <summary>Null on a foreign connection, which says 20 bytes of it.</summary>
    public InfoHash? Share { get; }

    public IChannelHandler Handler { get; }

    /// <summary>What it has to send.</summary>
    public OutgoingChannel Queue => _queue;

    /// <summary>Whether it stands in the link's list of channels to be told of the end of the batch.</summary>
    public bool Touched { get; set; }

    public PeerId? RemoteId => _host.RemoteId;

    public string RemoteName => _host.RemoteName;

    public bool IsForeign => RemoteId is null;

    public TimeSpan RoundTripTime => _host.RoundTripTime;

    private bool IsClosed => Volatile.Read(ref _endReason) is not null;

    public void Send(ReadOnlySpan<byte> message)
    {
        if (!IsClosed && !_outgoing.Send(_queue, message)) _host.CloseConnection("it does not read what it is sent");
    }

    public bool QueueBlock(in BlockRequest request) => !IsClosed && _outgoing.QueueBlock(_queue, request);

    public bool CancelBlock(in BlockRequest request) => _outgoing.CancelBlock(_queue, request);

    public void CancelAllBlocks(ICollection<BlockRequest> dropped) => _outgoing.CancelAllBlocks(_queue, dropped);

    public void Close(string reason) => End(reason, tellRemote: true);

    public void Opened()
    {
        lock (_gate)
            if (!IsClosed) Guard(() => Handler.OnOpened(this));
    }

    public void OnMessage(MessageId id, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            if (IsClosed) return;
            try
            {
                Handler.OnMessage(id, payload);
            }
            catch (Exception error) when (IsSessionFault(error))
            {
                Close(error.Message);
            }
        }
    }

    public Memory<byte> OnBlockStarting(in PieceHeader header, int length)
    {
        lock (_gate)
        {
            if (IsClosed) return default;
            try
            {
                var target = Handler.OnBlockStarting(header.Piece, header.Begin, length);
                _blockUnderWay = !target.IsEmpty;
                return target;
            }
            catch (Exception error) when (IsSessionFault(error))
            {
                Close(error.Message);
                return default;
            }
        }
    }

    public void OnBlockReceived(in PieceHeader header, int length)
    {
        lock (_gate)
        {
            _blockUnderWay = false;
            if (IsClosed)
            {
                TellClosed();
                return;
            }

            try
            {
                Handler.OnBlockReceived(header.Piece, header.Begin, length);
            }
            catch (Exception error) when (IsSessionFault(error))
            {
                Close(error.Message);
            }
        }
    }

    public void OnBatchEnd()
    {
        lock (_gate)
            if (!IsClosed) Guard(_onBatchEnd);
    }

    /// <summary>Ends the channel from this side or because the other side or the connection ended. The session is told on another thread, since the caller may hold its locks.</summary>
    public void End(string reason, bool tellRemote)
    {
        if (Interlocked.CompareExchange(ref _endReason, reason, null) is not null) return;
        _outgoing.Remove(_queue);
        _host.OnChannelEnded(this, reason, tellRemote);
        ThreadPool.UnsafeQueueUserWorkItem(static channel => channel.TellClosedUnlessReading(), this, preferLocal: false);
    }

    /// <summary>The reader has ended: no block is under way any more.</summary>
    public void ReaderEnded()
    {
        lock (_gate)
        {
            _blockUnderWay = false;
            if (IsClosed) TellClosed();
        }
    }

    private void TellClosedUnlessReading()
    {
        lock (_gate)
            if (!_blockUnderWay) TellClosed();
    }

    private void TellClosed()
    {
        if (_closedTold) return;
        _closedTold = true;
        Handler.OnClosed(_endReason!);
    }

    private void Guard(Action call)
    {
        try
        {
            call();
        }
        catch (Exception error) when (IsSessionFault(error))
        {
            Close(error.Message);
        }
    }

    private static bool IsSessionFault(Exception error) => error is ProtocolException or P2PShareException;
}
