using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>
/// One share on this peer: what is known of it, its storage, its sessions and counters. A published share is a transfer
/// that is complete from the start. All state is guarded by <see cref="Gate"/>, which is never held across hashing,
/// disks or waits.
/// </summary>
internal sealed partial class Transfer : ITransfer
{
    private readonly ITransferEvents _events;
    private readonly RateMeter _receivedMeter;
    private readonly RateMeter _sentMeter;
    private readonly long _startedAt;
    private long _wasted;
    private long _reused;
    private long _checked;
    private long _wantedLength;
    private long _readWarnedAt;
    private Dictionary<Hash256, TorrentFile>? _filesByRoot;
    private Bitfield? _wanted;
    private TransferState _phase;
    private TransferState? _lastState;
    private TransferHolding _holding;
    private string? _error;
    private string? _errorId;
    private string? _connectNote;
    private string? _elderNote;
    private string _fullName = "";
    private DateTime? _completedUtc;
    private TimeSpan? _elapsed;

    private Transfer(TransferDescriptor descriptor, TransferResources resources, ITransferEvents events, IChoker choker, ISwarmShares shares)
    {
        Descriptor = descriptor;
        Resources = resources;
        _events = events;
        _choker = choker;
        _receivedMeter = new RateMeter(Time);
        _sentMeter = new RateMeter(Time);
        UploadLimit = new RateLimiter(Time) { Limit = descriptor.UploadLimit };
        DownloadLimit = new RateLimiter(Time) { Limit = descriptor.DownloadLimit };
        _startedAt = Time.GetTimestamp();
        StartedUtc = Time.GetUtcNow().UtcDateTime;
        Verification = new PieceVerification(this);
        Suspects = new SuspectPieces(this);
        Sole = new SoleSource(this, shares);
    }

    /// <summary>A share that is here in full: published, or received in an earlier run.</summary>
    public static Transfer Seed(
        TransferDescriptor descriptor, TransferResources resources, ITransferEvents events, IChoker choker,
        ISwarmShares shares, PieceLayers layers, ShareAttributes? attributes, IShareStorage storage, string fullName, bool isPublished)
    {
        var transfer = new Transfer(descriptor, resources, events, choker, shares)
        {
            IsPublished = isPublished,
            _fullName = fullName,
            _phase = TransferState.Completed,
            _lastState = TransferState.Completed,
            _elapsed = TimeSpan.Zero,
        };
        transfer._completedUtc = transfer.StartedUtc;
        transfer.SetInfo(storage.Info);
        transfer.Layers = layers;
        transfer.AttributesBlob = attributes?.Bytes;
        transfer.Storage = storage;
        transfer.Have = PiecesOf(storage);
        transfer._holding = transfer.IsComplete ? TransferHolding.Complete : TransferHolding.Partial;
        transfer._completion.TrySetResult(transfer.GetSnapshot());
        return transfer;
    }

    /// <summary>A share to receive; <see cref="Start"/> begins.</summary>
    public static Transfer Receive(
        TransferDescriptor descriptor, TransferResources resources, ITransferEvents events, IChoker choker,
        ReceiveServices services, TorrentInfo? info, PieceLayers? layers, ShareAttributes? attributes)
    {
        var transfer = new Transfer(descriptor, resources, events, choker, services.Shares)
        {
            _services = services,
            _phase = TransferState.Queued,
        };
        if (info is not null) transfer.SetInfo(info);
        transfer.Layers = layers;
        transfer.AttributesBlob = attributes?.Bytes;
        return transfer;
    }

    public Lock Gate { get; } = new();

    public TransferDescriptor Descriptor { get; private set; }

    public TransferResources Resources { get; }

    public TimeProvider Time => Resources.Time;

    public InfoHash InfoHash => Descriptor.InfoHash;

    /// <summary>Whether it is a share of this peer's own, rather than one that was asked for.</summary>
    public bool IsPublished { get; private init; }

    /// <summary>Whether it may be served unencrypted, to anyone.</summary>
    public bool IsOpenShare => Descriptor.IsOpen;

    public DateTime StartedUtc { get; }

    /// <summary>Null while not known.</summary>
    public TorrentInfo? Info { get; private set; }

    /// <summary>Null while not known.</summary>
    public PieceLayers? Layers { get; private set; }

    /// <summary>The attributes as they are served; null while not known, or when there are none.</summary>
    public ReadOnlyMemory<byte>? AttributesBlob { get; private set; }

    /// <summary>The attributes; null while not known, or when there are none. Read anew at each call.</summary>
    public ShareAttributes? Attributes => AttributesBlob is { } blob && Info is { } info ? ShareAttributes.Parse(blob, info.Files.Count) : null;

    /// <summary>Null while not open.</summary>
    public IShareStorage? Storage { get; private set; }

    /// <summary>Pieces on disk and verified; null while not known. Guarded by the gate.</summary>
    public Bitfield? Have { get; private set; }

    /// <summary>What is to be received; null for a published share, and before the storage is open. Guarded by the gate.</summary>
    public DownloadQueue? Queue { get; private set; }

    public PieceVerification Verification { get; }

    public SuspectPieces Suspects { get; }

    /// <summary>Guarded by the gate.</summary>
    public SoleSource Sole { get; }

    /// <summary>Whether every piece of the share is here.</summary>
    public bool IsComplete => Have is { IsFull: true };

    /// <summary>Whether no peer could give it anything: the whole share is here, or all the files that were chosen. Guarded by the gate.</summary>
    private bool NeedsNothing => IsComplete || Queue is { Missing: 0 };

    /// <summary>Whether channels for it are accepted.</summary>
    public bool IsOffered
    {
        get
        {
            lock (Gate) return _phase is not (TransferState.Suspended or TransferState.Failed or TransferState.Stopped or TransferState.Queued) && !_metadataOnly;
        }
    }

    /// <summary>How much of it this peer has for others.</summary>
    public TransferHolding Holding => _holding;

    /// <summary>Bytes per second received.</summary>
    public long ReceiveRate => _receivedMeter.BytesPerSecond;

    /// <summary>Bytes received since it was started here, those that were of no use among them.</summary>
    public long BytesReceived => _receivedMeter.Total;

    /// <summary>Bytes that are wanted and not on disk; null while not known.</summary>
    public long? BytesMissing
    {
        get
        {
            lock (Gate) return Storage is { } storage ? Math.Max(0, WantedLength - storage.BytesHeld) : null;
        }
    }

    public void CountReceived(int bytes) => _receivedMeter.Add(bytes);

    public void CountSent(int bytes) => _sentMeter.Add(bytes);

    public void CountWaste(long bytes) => Interlocked.Add(ref _wasted, bytes);

    public void CountReused(long bytes) => Interlocked.Add(ref _reused, bytes);

    /// <summary>A file of the share by the root of its tree; of several with the same content any.</summary>
    public TorrentFile? FindFile(Hash256 piecesRoot) => _filesByRoot is { } files && files.TryGetValue(piecesRoot, out var file) ? file : null;

    public TransferInfo GetSnapshot()
    {
        lock (Gate)
        {
            var state = VisibleState;
            var length = WantedLength;
            var completed = Math.Min(length, Storage?.BytesHeld ?? Interlocked.Read(ref _checked));
            var rate = state == TransferState.Transferring ? _receivedMeter.BytesPerSecond : 0;
            var note = state == TransferState.Connecting ? _connectNote : null;
            return new TransferInfo
            {
                TransferId = Descriptor.TransferId,
                Name = Info?.Name ?? Descriptor.Name,
                InfoHash = InfoHash.ToString(),
                State = state,
                Length = length,
                BytesCompleted = completed,
                BytesReceived = BytesReceived,
                BytesUploaded = _sentMeter.Total,
                BytesWasted = Interlocked.Read(ref _wasted),
                BytesReused = Interlocked.Read(ref _reused),
                DownloadRate = rate,
                UploadRate = _sentMeter.BytesPerSecond,
                UploadLimit = UploadLimit.Limit,
                DownloadLimit = DownloadLimit.Limit,
                Sources = _sessions.Length,
                TimeRemaining = rate > 0 && length > completed ? TimeSpan.FromSeconds((length - completed) / (double)rate) : null,
                Started = StartedUtc,
                Completed = _completedUtc,
                Elapsed = _elapsed ?? Time.GetElapsedTime(_startedAt),
                FullName = _fullName,
                FileCount = Descriptor.Files?.Count ?? Info?.Files.Count ?? Descriptor.FileCount,
                IsFolder = Info is { } info ? !info.IsSingleFile : Descriptor.IsFolder,
                Error = _error ?? note,
                Detail = state == TransferState.Queued ? _elderNote : note,
                ErrorId = _errorId ?? (note is null ? null : ErrorIds.NoSourceAvailable),
                PeerId = Resources.LocalPeerId,
            };
        }
    }

    /// <summary>What the user is told: while nobody is there to fetch from, that it looks for somebody.</summary>
    private TransferState VisibleState =>
        _phase is TransferState.FetchingMetadata or TransferState.Transferring && _sessions.Length == 0 ? TransferState.Connecting : _phase;

    private long WantedLength
    {
        get
        {
            if (Info is not { } info) return Descriptor.Length;
            return Descriptor.Files is not { } files ? info.TotalLength : _wantedLength;
        }
    }

    /// <summary>A block could not be read to be served: the piece is not offered any more if the storage says so too.</summary>
    public void OnReadFailed(int piece, P2PShareException error)
    {
        var lost = false;
        lock (Gate)
        {
            if (Storage is { } storage && !storage.HasPiece(piece) && Have is { } have && have[piece])
            {
                if (Queue is { } queue && _phase != TransferState.Completed) queue.MarkLost(piece);
                else have.Set(piece, false);
                lost = true;
            }

            var now = Time.GetTimestamp();
            var first = _readWarnedAt == 0 || Time.GetElapsedTime(_readWarnedAt, now) > TimeSpan.FromSeconds(10);
            if (first)
            {
                _readWarnedAt = now;
                _events.OnWarning(this, error.ErrorId, error.Message);
            }

            if (lost) UpdateHolding();
        }

        if (lost && Queue is not null) PumpAll();
    }

    private static Bitfield PiecesOf(IShareStorage storage)
    {
        var have = new Bitfield(storage.Info.PieceCount);
        for (var piece = 0; piece < have.Length; piece++)
        {
            if (storage.HasPiece(piece)) have.Set(piece);
        }

        return have;
    }

    private void SetInfo(TorrentInfo info)
    {
        lock (Gate)
        {
            Info = info;
            _filesByRoot = [];
            foreach (var file in info.Files)
            {
                if (file.PieceCount > 0) _filesByRoot.TryAdd(file.PiecesRoot, file);
            }

            _wanted = WantedPieces(info, Descriptor.Files, out _wantedLength);
        }
    }

    private static Bitfield WantedPieces(TorrentInfo info, IReadOnlyList<int>? files, out long length)
    {
        var wanted = new Bitfield(info.PieceCount);
        length = info.TotalLength;
        if (files is null)
        {
            wanted.SetAll();
            return wanted;
        }

        length = 0;
        foreach (var index in files.Distinct())
        {
            if (index < 0 || index >= info.Files.Count) continue;
            var file = info.Files[index];
            length += file.Length;
            for (var i = 0; i < file.PieceCount; i++) wanted.Set(file.FirstPiece + i);
        }

        return wanted;
    }

    private void SetPhase(TransferState phase)
    {
        lock (Gate)
        {
            _phase = phase;
            if (phase == TransferState.Completed)
            {
                _completedUtc = Time.GetUtcNow().UtcDateTime;
                _elapsed = Time.GetElapsedTime(_startedAt);
            }

            RaiseState();
        }
    }

    private void RaiseState()
    {
        var state = VisibleState;
        if (state == _lastState || _metadataOnly) return;
        _lastState = state;
        _events.OnStateChanged(this, state);
    }

    /// <summary>Tells what this peer has for others when that has changed. With the gate held.</summary>
    private void UpdateHolding()
    {
        var offered = _phase is not (TransferState.Suspended or TransferState.Failed or TransferState.Stopped);
        var holding = !offered || Have is not { } have || (have.IsEmpty && !(have.IsFull && _phase == TransferState.Completed)) ? TransferHolding.None
            : have.IsFull && _phase == TransferState.Completed ? TransferHolding.Complete
            : TransferHolding.Partial;
        if (holding == _holding) return;
        _holding = holding;
        _events.OnHoldingChanged(InfoHash, holding);
    }
}
