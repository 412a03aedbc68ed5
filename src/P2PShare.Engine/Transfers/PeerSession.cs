using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>
/// One share's session with one peer: the state machine of BEP 3, 6, 9, 10 and 52 over a channel. The reader of the
/// link calls it; the transfer's clock and hashing threads call it too. All state is guarded by the transfer's gate.
/// This part: opening, closing and what the other side has.
/// </summary>
internal sealed partial class PeerSession : IForeignChannelHandler
{
    private const int MaxUnreadHaves = 100_000;

    private readonly Transfer _transfer;
    private readonly List<DownloadPeer> _others = [];

    // What it said it has, while the number of pieces is not known yet.
    private byte[]? _unreadBitfield;
    private List<int>? _unreadHaves;
    private bool _unreadAll;

    private IMessageChannel? _channel;
    private bool _availabilityKnown;
    private bool _closed;
    private bool _sentInterest;
    private long _unsolicited;
    private long _received;
    private bool _releasedBlocks;

    public PeerSession(Transfer transfer)
    {
        _transfer = transfer;
        Download = new DownloadPeer(this, transfer.Time);
        LastMessageAt = transfer.Time.GetTimestamp();
    }

    public InfoHash Share => _transfer.InfoHash;

    public ForeignCapabilities Capabilities { get; set; } = ForeignCapabilities.All;

    /// <summary>What the transfer's queue knows of the peer.</summary>
    public DownloadPeer Download { get; }

    /// <summary>Null before it is open.</summary>
    public IMessageChannel? Channel => _channel;

    public PeerId? RemoteId => _channel?.RemoteId;

    public string RemoteName => _channel?.RemoteName ?? "";

    public bool IsForeign => _channel?.IsForeign == true;

    public bool IsOpen => _channel is not null && !_closed;

    /// <summary>Whether it has said what it has.</summary>
    public bool IsAvailabilityKnown => _availabilityKnown;

    /// <summary>When the peer last said anything, a timestamp of the transfer's clock.</summary>
    public long LastMessageAt { get; private set; }

    private static int MaxBitfieldBytes => Bitfield.ByteLengthOf(MetainfoLimits.Default.MaxPieces);

    private Lock Gate => _transfer.Gate;

    public void OnOpened(IMessageChannel channel)
    {
        lock (Gate)
        {
            _channel = channel;
            Download.RepliesAlways = Capabilities.Fast;
            // Foreign clients answer 16 KiB, and a piece has blocks of one size for all that bring it.
            Download.TakesLongBlocks = !_transfer.Descriptor.MeetsForeigners;
            if (_transfer.AddSession(this) is { } refusal)
            {
                channel.Close(refusal);
                return;
            }

            // Before anything else, and before a have can come between: BEP 3, 6.
            SendAvailability();
        }

        if (Capabilities.Extended) SendExtensionHandshake();
        KeepPromise();
        _transfer.OnSessionOpened(this);
    }

    public void OnMessage(MessageId id, ReadOnlySpan<byte> payload)
    {
        LastMessageAt = _transfer.Time.GetTimestamp();
        RequireNegotiated(id);
        switch (id)
        {
            case MessageId.Choke:
                OnChoke();
                break;
            case MessageId.Unchoke:
                OnUnchoke();
                break;
            case MessageId.Interested:
                OnInterested(true);
                break;
            case MessageId.NotInterested:
                OnInterested(false);
                break;
            case MessageId.Have:
                OnHave(PeerMessage.ReadIndex(payload));
                break;
            case MessageId.Bitfield or MessageId.HaveAll or MessageId.HaveNone:
                OnAvailability(id, payload);
                break;
            case MessageId.Request:
                OnRequest(BlockRequest.Read(payload));
                break;
            case MessageId.Cancel:
                OnCancel(BlockRequest.Read(payload));
                break;
            case MessageId.RejectRequest:
                OnReject(BlockRequest.Read(payload));
                break;
            case MessageId.Extended:
                OnExtended(payload);
                break;
            case MessageId.HashRequest:
                OnHashRequest(HashRequest.Read(payload));
                break;
            case MessageId.Hashes:
                OnHashes(HashesMessage.Read(payload));
                break;
            case MessageId.HashReject:
                OnHashReject(HashRequest.Read(payload));
                break;
            default:
                // Port, suggest, allowed fast and whatever comes later are for those who have a use for them.
                break;
        }
    }

    public void OnClosed(string reason)
    {
        bool wasOpen;
        lock (Gate)
        {
            if (_closed) return;
            _closed = true;
            wasOpen = _channel is not null;
            _pendingUploads.Clear();
            _earlyHashes = null;
            _transfer.RemoveSession(this);
        }

        RefuseAllHashReplies();
        if (wasOpen) _transfer.OnSessionClosed(this, reason);
    }

    /// <summary>Closes the channel. May be called with the gate held.</summary>
    public void Close(string reason) => _channel?.Close(reason);

    /// <summary>The share's metadata are known now: what the peer said of its pieces can be read. With the gate held.</summary>
    /// <returns>False when it was nonsense; the session is closed.</returns>
    public bool ResolveAvailability(int pieceCount)
    {
        if (!_availabilityKnown || Download.Have is not null) return true;
        try
        {
            var have = _unreadBitfield is { } bytes ? Bitfield.FromBytes(bytes, pieceCount) : new Bitfield(pieceCount);
            if (_unreadAll) have.SetAll();
            foreach (var piece in _unreadHaves ?? [])
            {
                if (piece >= pieceCount) throw new ProtocolException($"It has piece {piece} of {pieceCount}.");
                have.Set(piece);
            }

            Download.Have = have;
            return true;
        }
        catch (ProtocolException error)
        {
            Close(error.Message);
            return false;
        }
        finally
        {
            _unreadBitfield = null;
            _unreadHaves = null;
        }
    }

    /// <summary>Tells the peer of a piece that is on disk now, unless it has everything anyway.</summary>
    public void SendHave(int piece)
    {
        if (Download.Have is { IsFull: true }) return;
        Span<byte> message = stackalloc byte[PeerMessage.MaxFixedSize];
        SendFramed(message[..PeerMessage.WriteIndex(message, MessageId.Have, piece)]);
    }

    private void SendAvailability()
    {
        var have = _transfer.Have;
        if (Capabilities.Fast && (have is null || have.IsEmpty) && !_transfer.IsComplete)
        {
            SendEmpty(MessageId.HaveNone);
        }
        else if (Capabilities.Fast && have is { IsFull: true })
        {
            SendEmpty(MessageId.HaveAll);
        }
        else if (have is { IsEmpty: false })
        {
            var message = new byte[PeerMessage.MaxFixedSize + have.ByteLength];
            SendFramed(message.AsSpan(0, PeerMessage.WriteBitfield(message, have)));
        }
        else if (Capabilities.Fast)
        {
            SendEmpty(MessageId.HaveNone);
        }
    }

    private void OnAvailability(MessageId id, ReadOnlySpan<byte> payload)
    {
        lock (Gate)
        {
            if (_availabilityKnown) throw new ProtocolException($"'{id}' is not the first it says of its pieces (BEP 3, 6).");
            _availabilityKnown = true;
            if (_transfer.Info is not { } info)
            {
                // The longest bitfield that any share can have; its length is checked when the share is known.
                if (payload.Length > MaxBitfieldBytes) throw new ProtocolException($"A bitfield of {payload.Length} bytes.");
                if (id == MessageId.Bitfield) _unreadBitfield = payload.ToArray();
                _unreadAll = id == MessageId.HaveAll;
            }
            else
            {
                var have = id == MessageId.Bitfield ? Bitfield.FromBytes(payload, info.PieceCount) : new Bitfield(info.PieceCount);
                if (id == MessageId.HaveAll) have.SetAll();
                SetHave(have);
            }
        }

        _transfer.OnAvailabilityKnown(this);
    }

    private void OnHave(int piece)
    {
        lock (Gate)
        {
            if (!_availabilityKnown)
            {
                if (Capabilities.Fast) throw new ProtocolException("A have came before bitfield, have-all or have-none (BEP 6).");
                _availabilityKnown = true;
                if (_transfer.Info is { } known) SetHave(new Bitfield(known.PieceCount));
            }

            if (_transfer.Info is not { } info)
            {
                if (piece < 0 || piece >= MetainfoLimits.Default.MaxPieces) throw new ProtocolException($"It has piece {piece}.");
                _unreadHaves ??= [];
                if (_unreadHaves.Count >= MaxUnreadHaves) throw new ProtocolException("Too many haves before the metadata were known.");
                _unreadHaves.Add(piece);
                return;
            }

            if (piece < 0 || piece >= info.PieceCount) throw new ProtocolException($"It has piece {piece} of {info.PieceCount}.");
            var isNew = _transfer.Queue is { } queue ? queue.AddHave(Download, piece) : Download.Have?.Set(piece) == true;
            if (!isNew) return;
            _transfer.Sole.AddHave(piece);
            if (Download.Have!.IsFull) _transfer.Sole.Review();
        }
    }

    private void SetHave(Bitfield have)
    {
        if (_transfer.Queue is { } queue) queue.SetHave(Download, have);
        else Download.Have = have;
        _transfer.Sole.Add(this);
        _transfer.Sole.Review();
    }

    private void RequireNegotiated(MessageId id)
    {
        var allowed = id switch
        {
            MessageId.Suggest or MessageId.HaveAll or MessageId.HaveNone or MessageId.RejectRequest or MessageId.AllowedFast => Capabilities.Fast,
            MessageId.Extended => Capabilities.Extended,
            MessageId.HashRequest or MessageId.Hashes or MessageId.HashReject => Capabilities.V2,
            _ => true,
        };
        if (!allowed) throw new ProtocolException($"'{id}' was not negotiated.");
    }

    private void SendEmpty(MessageId id)
    {
        Span<byte> message = stackalloc byte[PeerMessage.MaxFixedSize];
        SendFramed(message[..PeerMessage.WriteEmpty(message, id)]);
    }

    private void SendRequest(MessageId id, in BlockRequest request)
    {
        Span<byte> message = stackalloc byte[PeerMessage.MaxFixedSize];
        SendFramed(message[..PeerMessage.WriteBlockRequest(message, id, request)]);
    }

    /// <summary>Sends what was written with its length prefix, which the channel adds itself.</summary>
    private void SendFramed(ReadOnlySpan<byte> message) => _channel?.Send(message[FrameHeader.LengthPrefixSize..]);
}
