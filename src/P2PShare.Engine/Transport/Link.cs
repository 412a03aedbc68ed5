using P2PShare.Engine.Errors;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transport;

/// <summary>The one TLS connection between two peers: channel 0 is membership, each share has one more.</summary>
internal sealed class Link : IFrameSink, IChannelHost, IDisposable
{
    private static readonly TimeSpan ChannelOpenTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Stream _stream;
    private readonly MessagePump _pump;
    private readonly ILinkHost _host;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ending = new();
    private readonly Dictionary<uint, ShareChannel> _channels = [];
    private readonly Dictionary<InfoHash, PendingChannel> _pending = [];
    private readonly List<ShareChannel> _touched = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ShareChannel? _reading;
    private uint _nextChannel;
    private string? _endReason;
    private long _lastUsed;
    private long _measured;
    private long _sentBefore;
    private long _receivedBefore;

    public Link(LinkIdentity identity, Stream stream, ILinkHost host, TransportOptions options, TimeProvider time)
    {
        Identity = identity;
        _stream = stream;
        _host = host;
        _time = time;
        Options = options;
        _pump = new MessagePump(stream, framed: true, this, time);
        _nextChannel = ChannelNumber.First(identity.Dialled);
        _lastUsed = time.GetTimestamp();
        _measured = _lastUsed;
    }

    public LinkIdentity Identity { get; }

    public PeerId Remote => Identity.Remote;

    public PeerId? RemoteId => Identity.Remote;

    public string RemoteName => _host.NameOf(Remote);

    public TimeSpan RoundTripTime => Identity.RoundTripTime;

    /// <summary>Whether the membership needs it even when no share does.</summary>
    public bool IsStanding { get; set; }

    /// <summary>Whether another link to the same peer has taken its place: no new channels, and it ends with its last one.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Ends when the link has.</summary>
    public Task Ended => _ended.Task;

    public bool IsClosed => Volatile.Read(ref _endReason) is not null;

    /// <summary>How long ago the last byte arrived.</summary>
    public TimeSpan Silence => _pump.Silence;

    public long BytesSent => _pump.BytesSent;

    public long BytesReceived => _pump.BytesReceived;

    /// <summary>Bytes per second sent, over the last heartbeat.</summary>
    public long SendRate { get; private set; }

    /// <summary>Bytes per second received, over the last heartbeat.</summary>
    public long ReceiveRate { get; private set; }

    private TransportOptions Options { get; }

    /// <summary>Reads and writes until the link ends.</summary>
    public async Task RunAsync()
    {
        // The reader's synchronous stretches must not run on the caller, which may hold the table of links.
        await Task.Yield();
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

        Volatile.Write(ref _endReason, Volatile.Read(ref _endReason) ?? reason);
        _pump.Outgoing.Close();
        await _ending.CancelAsync().ConfigureAwait(false);
        await writing.ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        EndChannels();
        _ended.TrySetResult();
        _host.OnLinkEnded(this, _endReason!);
    }

    /// <summary>Called by its owner after <see cref="Ended"/>.</summary>
    public void Dispose() => _ending.Dispose();

    /// <summary>Queues a membership message.</summary>
    public void Send(MembershipMessage message)
    {
        if (!_pump.Outgoing.Send(_pump.Outgoing.Membership, [(byte)message.Type], MembershipCodec.Encode(message))) CloseConnection("it does not read what it is sent");
    }

    /// <summary>
    /// Queues many membership messages, each of which is made when there is room for it: a snapshot may be longer than what
    /// is kept waiting for a peer. What is sent afterwards comes behind them.
    /// </summary>
    /// <param name="messages">Asked for on another thread.</param>
    public void SendSeries(IEnumerable<MembershipMessage> messages)
    {
        if (!_pump.Outgoing.SendSeries(MembershipCodec.EncodeAll(messages))) CloseConnection("it does not read what it is sent");
    }

    /// <summary>Opens a channel for a share; the handler is called from then on.</summary>
    /// <exception cref="P2PShareException">ShareNotFound, PeerUnreachable.</exception>
    public async Task OpenChannelAsync(InfoHash share, IChannelHandler handler, CancellationToken cancellationToken)
    {
        PendingChannel pending;
        lock (_lock)
        {
            if (IsClosed) throw Gone();
            if (_pending.ContainsKey(share) || _channels.Values.Any(c => c.Share == share))
                throw new P2PShareException(ErrorKind.ResourceExists, ErrorIds.TransferExists, $"A channel for this share to {RemoteName} is open already.", share.ToString());
            pending = new PendingChannel(_nextChannel, share, handler);
            _nextChannel += 2;
            _pending.Add(share, pending);
        }

        Touch();
        Send(new OpenChannel(pending.Number, share, handler.Wish()));
        try
        {
            await pending.Outcome.Task.WaitAsync(ChannelOpenTimeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new P2PShareException(ErrorKind.OperationTimeout, ErrorIds.PeerUnreachable, $"{RemoteName} did not answer when asked for the share.", RemoteName);
        }
        finally
        {
            lock (_lock)
            {
                // By now another transfer may be asking for the same share.
                if (_pending.TryGetValue(share, out var asking) && asking == pending) _pending.Remove(share);
            }
        }
    }

    /// <summary>Says goodbye, sends what is queued (at most a second), and ends.</summary>
    public async Task CloseAsync(GoodbyeReason reason, string text)
    {
        if (IsClosed) return;
        _pump.Outgoing.DropSeries();
        Send(new Goodbye(reason, text));
        var deadline = _time.GetTimestamp();
        while (!_pump.Outgoing.IsEmpty && !IsClosed && _time.GetElapsedTime(deadline) < GoodbyeTimeout)
            await Task.Delay(TimeSpan.FromMilliseconds(5), _time).ConfigureAwait(false);
        CloseConnection(text);
    }

    public void CloseConnection(string reason)
    {
        Interlocked.CompareExchange(ref _endReason, reason, null);
        try
        {
            _ending.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended on its own at the same moment.
        }
    }

    /// <summary>Called several times a heartbeat: keeps the link alive, and gives it up when the other end is gone.</summary>
    public void OnHeartbeat()
    {
        if (_time.GetElapsedTime(_measured) >= Options.HeartbeatInterval * 0.9) MeasureRates();
        if (_pump.Silence > Options.MissedHeartbeats * Options.HeartbeatInterval)
            CloseConnection($"no sign of life for {_pump.Silence.TotalSeconds:0} s");
        else if (_pump.WriteStall > Options.WriteTimeout)
            CloseConnection($"it took nothing for {_pump.WriteStall.TotalSeconds:0} s");
        else if (_pump.Quiet >= Options.HeartbeatInterval * 0.9)
            _pump.Outgoing.Send(_pump.Outgoing.Membership, default);
    }

    /// <summary>Whether nobody has needed it for so long that it may be closed.</summary>
    public bool IsIdle()
    {
        lock (_lock)
        {
            if (_channels.Count > 0 || _pending.Count > 0) return false;
            return IsDraining || (!IsStanding && _time.GetElapsedTime(Volatile.Read(ref _lastUsed)) > Options.IdleTimeout);
        }
    }

    void IFrameSink.OnMessage(uint channel, byte id, ReadOnlySpan<byte> payload)
    {
        if (channel == ChannelNumber.Membership) OnMembership(id, payload);
        else if (Find(channel) is { } share) share.OnMessage((MessageId)id, payload);
    }

    Memory<byte> IFrameSink.OnBlockStarting(uint channel, in PieceHeader header, int length)
    {
        // Kept, because the channel may leave the table while its block is being read.
        _reading = Find(channel);
        return _reading is null ? default : _reading.OnBlockStarting(header, length);
    }

    void IFrameSink.OnBlockReceived(uint channel, in PieceHeader header, int length)
    {
        // A batch may have ended while the block was being read, and this is news for the next one.
        AddToBatch(_reading!);
        _reading!.OnBlockReceived(header, length);
    }

    void IFrameSink.OnBatchEnd()
    {
        foreach (var channel in _touched)
        {
            channel.Touched = false;
            channel.OnBatchEnd();
        }

        _touched.Clear();
    }

    void IChannelHost.OnChannelEnded(ShareChannel channel, string reason, bool tellRemote)
    {
        Touch();
        lock (_lock) _channels.Remove(channel.Number);
        if (tellRemote && !IsClosed) Send(new CloseChannel(channel.Number, ChannelReason.Done, reason));
    }

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

    private void OnMembership(byte type, ReadOnlySpan<byte> payload)
    {
        var kind = (MembershipMessageType)type;
        switch (kind)
        {
            case MembershipMessageType.OpenChannel:
                OnOpenChannel(OpenChannel.Parse(payload));
                break;
            case MembershipMessageType.ChannelOpened:
                OnChannelOpened(ChannelOpened.Parse(payload));
                break;
            case MembershipMessageType.ChannelRejected:
                OnChannelRejected(ChannelRejected.Parse(payload));
                break;
            case MembershipMessageType.CloseChannel:
                var close = CloseChannel.Parse(payload);
                ShareChannel? closed;
                lock (_lock) _channels.Remove(close.Channel, out closed);
                closed?.End(close.Text, tellRemote: false);
                break;
            case MembershipMessageType.Goodbye:
                Interlocked.CompareExchange(ref _endReason, "it said goodbye: " + Goodbye.Parse(payload).Text, null);
                _host.OnMembershipMessage(this, kind, payload);
                CloseConnection("it said goodbye");
                break;
            default:
                _host.OnMembershipMessage(this, kind, payload);
                break;
        }
    }

    private void OnOpenChannel(OpenChannel open)
    {
        if (!ChannelNumber.MayOpen(open.Channel, dialler: !Identity.Dialled))
            throw new WireException(WireErrorKind.InvalidChannel, $"It opened channel {open.Channel}, which is not its to open.");
        Touch();
        ShareChannel? channel = null;
        PendingChannel? own = null;
        lock (_lock)
        {
            if (_channels.ContainsKey(open.Channel)) throw new WireException(WireErrorKind.InvalidChannel, $"It opened channel {open.Channel} twice.");
            if (_pending.TryGetValue(open.InfoHash, out own))
            {
                // Both open at once: the lower number wins; the other is forgotten on both sides.
                if (own.Number < open.Channel) return;
                _pending.Remove(open.InfoHash);
                channel = new ShareChannel(this, _pump.Outgoing, open.Channel, open.InfoHash, own.Handler);
                _channels.Add(open.Channel, channel);
            }
        }

        if (channel is null)
        {
            var handler = _channels.Count < Options.MaxChannels && !HasChannelFor(open.InfoHash) ? _host.AcceptChannel(Remote, open.InfoHash) : null;
            if (handler is null)
            {
                Send(new ChannelRejected(open.Channel, ChannelReason.NotOffered));
                return;
            }

            channel = new ShareChannel(this, _pump.Outgoing, open.Channel, open.InfoHash, handler);
            lock (_lock) _channels.Add(open.Channel, channel);
        }

        Send(new ChannelOpened(open.Channel, channel.Handler.Promise(open.Wish)));
        channel.Opened();
        own?.Outcome.TrySetResult();
    }

    private void OnChannelOpened(ChannelOpened opened)
    {
        var number = opened.Channel;
        ShareChannel channel;
        PendingChannel? pending;
        lock (_lock)
        {
            pending = _pending.Values.FirstOrDefault(p => p.Number == number);
            if (pending is null)
            {
                // Nobody waits for it any more.
                Send(new CloseChannel(number, ChannelReason.Done));
                return;
            }

            _pending.Remove(pending.Share);
            channel = new ShareChannel(this, _pump.Outgoing, number, pending.Share, pending.Handler);
            _channels.Add(number, channel);
        }

        pending.Handler.OnPromised(opened.Follows);
        channel.Opened();
        pending.Outcome.TrySetResult();
    }

    private void OnChannelRejected(ChannelRejected rejected)
    {
        PendingChannel? pending;
        lock (_lock)
        {
            pending = _pending.Values.FirstOrDefault(p => p.Number == rejected.Channel);
            if (pending is not null) _pending.Remove(pending.Share);
        }

        pending?.Outcome.TrySetException(new P2PShareException(
            ErrorKind.ObjectNotFound, ErrorIds.ShareNotFound, $"{RemoteName} does not offer the share ({rejected.Reason}).", pending.Share.ToString()));
    }

    private ShareChannel? Find(uint number)
    {
        ShareChannel? channel;
        lock (_lock) _channels.TryGetValue(number, out channel);
        if (channel is not null) AddToBatch(channel);
        return channel;
    }

    private void AddToBatch(ShareChannel channel)
    {
        if (channel.Touched) return;
        channel.Touched = true;
        _touched.Add(channel);
    }

    private bool HasChannelFor(InfoHash share)
    {
        lock (_lock) return _channels.Values.Any(c => c.Share == share);
    }

    private void EndChannels()
    {
        ShareChannel[] channels;
        PendingChannel[] pending;
        lock (_lock)
        {
            channels = [.. _channels.Values];
            pending = [.. _pending.Values];
            _channels.Clear();
            _pending.Clear();
        }

        foreach (var channel in channels)
        {
            channel.End(_endReason!, tellRemote: false);
            channel.ReaderEnded();
        }

        _reading?.ReaderEnded();

        foreach (var waiting in pending) waiting.Outcome.TrySetException(Gone());
    }

    private void MeasureRates()
    {
        var seconds = _time.GetElapsedTime(_measured).TotalSeconds;
        if (seconds <= 0) return;
        SendRate = (long)((BytesSent - _sentBefore) / seconds);
        ReceiveRate = (long)((BytesReceived - _receivedBefore) / seconds);
        (_measured, _sentBefore, _receivedBefore) = (_time.GetTimestamp(), BytesSent, BytesReceived);
    }

    private P2PShareException Gone() => new(
        ErrorKind.ConnectionError, ErrorIds.PeerUnreachable, $"The connection to {RemoteName} has ended: {_endReason}.", RemoteName);

    private void Touch() => Volatile.Write(ref _lastUsed, _time.GetTimestamp());

    private sealed record PendingChannel(uint Number, InfoHash Share, IChannelHandler Handler)
    {
        public TaskCompletionSource Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
