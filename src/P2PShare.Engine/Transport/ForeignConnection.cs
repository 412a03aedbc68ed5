using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transport;

/// <summary>A plain BitTorrent connection with a client of any kind (BEP 3): a link with one implied channel.</summary>
internal sealed class ForeignConnection : IFrameSink, IChannelHost, IDisposable
{
    private readonly MessagePump _pump;
    private readonly NetworkConnection _connection;
    private readonly ShareChannel _channel;
    private readonly TransportOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ending = new();
    private string? _endReason;

    public ForeignConnection(NetworkConnection connection, IChannelHandler handler, TransportOptions options, TimeProvider time)
    {
        _connection = connection;
        _options = options;
        _time = time;
        _pump = new MessagePump(connection.Stream, framed: false, this, time);
        _channel = new ShareChannel(this, _pump.Outgoing, number: 0, share: null, handler);
    }

    public PeerId? RemoteId => null;

    public string RemoteName => _connection.RemoteText;

    public TimeSpan RoundTripTime => TimeSpan.Zero;

    /// <summary>Carries the session until the connection ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        using var registration = cancellationToken.Register(() => CloseConnection("this peer is stopping"));
        await using var timer = _time.CreateTimer(_ => CheckTimeouts(), null, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10)).ConfigureAwait(false);
        _channel.Opened();
        var writing = WriteAsync();
        string reason;
        try
        {
            reason = await _pump.ReadAllAsync(_ending.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or OperationCanceledException or ProtocolException)
        {
            reason = error is ProtocolException ? "it broke the protocol: " + error.Message : "the connection broke";
        }

        CloseConnection(reason);
        await writing.ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        _channel.End(_endReason!, tellRemote: false);
        _channel.ReaderEnded();
    }

    public void Dispose() => _ending.Dispose();

    public void OnChannelEnded(ShareChannel channel, string reason, bool tellRemote) => CloseConnection(reason);

    public void CloseConnection(string reason)
    {
        if (Interlocked.CompareExchange(ref _endReason, reason, null) is not null) return;
        _pump.Outgoing.Close();
        _ending.Cancel();
    }

    void IFrameSink.OnMessage(uint channel, byte id, ReadOnlySpan<byte> payload) => _channel.OnMessage((MessageId)id, payload);

    Memory<byte> IFrameSink.OnBlockStarting(uint channel, in PieceHeader header, int length) => _channel.OnBlockStarting(header, length);

    void IFrameSink.OnBlockReceived(uint channel, in PieceHeader header, int length) => _channel.OnBlockReceived(header, length);

    void IFrameSink.OnBatchEnd() => _channel.OnBatchEnd();

    private async Task WriteAsync()
    {
        try
        {
            await _pump.WriteAllAsync(_ending.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or OperationCanceledException)
        {
            CloseConnection("the connection broke");
        }
    }

    private void CheckTimeouts()
    {
        if (_pump.Silence > _options.ForeignTimeout) CloseConnection("no sign of life");
        else if (_pump.WriteStall > _options.WriteTimeout) CloseConnection("it takes nothing");
        // BEP 3: keep-alives are sent once every two minutes; half of that leaves room.
        else if (_pump.Quiet > _options.ForeignTimeout / 2) _pump.Outgoing.Send(_channel.Queue, default);
    }
}
