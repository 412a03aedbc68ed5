using System.Diagnostics.CodeAnalysis;
using P2PShare.Engine.Errors;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>This part: the stages of a receiving transfer, and what its user can do with it.</summary>
internal sealed partial class Transfer
{
    // How long a download waits for times and modes that no peer gives.
    private static readonly TimeSpan AttributesTimeout = TimeSpan.FromSeconds(30);

    // A transfer that finds nobody gives its slot to the next one after this time.
    private static readonly TimeSpan SlotPatience = TimeSpan.FromSeconds(15);

    private readonly Dictionary<PeerSession, string> _foreignEndpoints = [];
    private ReceiveServices? _services;
    private bool _metadataOnly;
    private BlobFetch? _infoFetch;
    private BlobFetch? _attributesFetch;
    private LayerFetch? _layerFetch;
    private CancellationTokenSource? _running;
    private Task _run = Task.CompletedTask;
    private TaskCompletionSource<TransferInfo> _completion = NewCompletion();
    private TaskCompletionSource _allHere = NewSignal();

    public Task<TransferInfo> Completion => _completion.Task;

    /// <summary>Begins, or goes on.</summary>
    public void Start()
    {
        lock (Gate)
        {
            if (_services is null || !_run.IsCompleted) return;
            _error = _errorId = null;
            _elapsed = null;
            if (_completion.Task.IsCompleted) _completion = NewCompletion();
            _running?.Dispose();
            _running = new CancellationTokenSource();
            _phase = TransferState.Queued;
            RaiseState();
            var token = _running.Token;
            _run = Task.Run(() => RunAsync(token), CancellationToken.None);
        }
    }

    /// <summary>Fetches the info dictionary and the attributes, and nothing else.</summary>
    public async Task<(TorrentInfo Info, ShareAttributes? Attributes)> FetchMetadataAsync(CancellationToken cancellationToken)
    {
        _metadataOnly = true;
        SetPhase(TransferState.FetchingMetadata);
        BeginFetches();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var connector = ConnectAsync(ended.Token);
        try
        {
            var info = await FetchInfoAsync(ended.Token).ConfigureAwait(false);
            await FetchAttributesAsync(ended.Token).ConfigureAwait(false);
            return (info, Attributes);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await IgnoreCancellation(connector).ConfigureAwait(false);
            SetPhase(TransferState.Stopped);
            CloseSessions("the metadata are here");
        }
    }

    /// <summary>Pieces have come on disk. With no lock held.</summary>
    public void OnPiecesWritten(ReadOnlySpan<int> pieces)
    {
        Announce(pieces);
        bool all;
        lock (Gate)
        {
            UpdateHolding();
            all = Queue is { Missing: 0 };
        }

        if (all)
        {
            _allHere.TrySetResult();
            PumpAll();
        }
        else
        {
            PumpStarved();
        }
    }

    /// <summary>The destination failed: the transfer stops with what it has.</summary>
    public void OnStorageFailed(P2PShareException error)
    {
        // At once, or what cannot be kept would be asked for again.
        lock (Gate) Queue!.IsPaused = true;
        _allHere.TrySetException(error);
    }

    /// <summary>Says why nobody is there to fetch from; shown while that is so, and told once each time it becomes so.</summary>
    public void SetConnectNote(string note)
    {
        lock (Gate)
        {
            if (_sessions.Length > 0 || _metadataOnly) return;
            if (_connectNote is null) _events.OnWarning(this, ErrorIds.NoSourceAvailable, $"'{Info?.Name ?? Descriptor.Name}' waits for a peer to receive from. {note}");
            _connectNote = note;
        }
    }

    public void RememberForeign(PeerSession session, string endpoint)
    {
        lock (Gate)
        {
            foreach (var old in _foreignEndpoints.Keys.Where(static old => !old.IsOpen && old.Channel is not null).ToList()) _foreignEndpoints.Remove(old);
            _foreignEndpoints[session] = endpoint;
        }
    }

    public bool HasForeignSession(string endpoint)
    {
        lock (Gate) return _foreignEndpoints.Any(known => known.Value == endpoint && (known.Key.IsOpen || known.Key.Download.IsBarred));
    }

    private static TaskCompletionSource<TransferInfo> NewCompletion() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task IgnoreCancellation(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever ends the run must end up in the transfer's state, or its user waits forever.")]
    private async Task RunAsync(CancellationToken cancellationToken)
    {
        using var connecting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var connector = Task.CompletedTask;
        var slot = new Slot(_services!.Slots);
        try
        {
            await WaitForElderAsync(cancellationToken).ConfigureAwait(false);
            await slot.EnterAsync(cancellationToken).ConfigureAwait(false);
            SetPhase(TransferState.FetchingMetadata);
            if (Info is null || Layers is null || LacksAttributes)
            {
                BeginFetches();
                connector = ConnectAsync(connecting.Token);
                await WaitForPeerAsync(slot, cancellationToken).ConfigureAwait(false);
                await FetchInfoAsync(cancellationToken).ConfigureAwait(false);
                await FetchLayersAsync(cancellationToken).ConfigureAwait(false);
                // They name the folders, without which some shares cannot be told from a single file.
                if (Storage is null) await TryFetchAttributesAsync(cancellationToken).ConfigureAwait(false);
            }

            SetPhase(TransferState.Checking);
            await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
            if (_services.LocalFiles is { } local && Queue!.Missing > 0 && LocalReuse.IsOfUse(this, local))
                await Task.Factory.StartNew(() => LocalReuse.Run(this, local, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);

            SetPhase(TransferState.Transferring);
            lock (Gate) Queue!.IsPaused = false;
            if (Queue!.Missing > 0)
            {
                if (connector.IsCompleted) connector = ConnectAsync(connecting.Token);
                PumpAll();
                await WaitForPeerAsync(slot, cancellationToken).ConfigureAwait(false);
                await _allHere.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            SetPhase(TransferState.Finishing);
            await Storage!.CompleteAsync(Attributes, cancellationToken).ConfigureAwait(false);
            lock (Gate)
            {
                SetPhase(TransferState.Completed);
                UpdateHolding();
            }

            // First, so that whoever waited finds the channels free for another transfer of the share.
            CloseSeeds();
            _completion.TrySetResult(GetSnapshot());
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The state was, or will be, set by whoever cancelled.
            _completion.TrySetCanceled(cancellationToken);
        }
        catch (Exception error)
        {
            Fail(error as P2PShareException ?? new P2PShareException(
                error is MetainfoException ? ErrorKind.InvalidData : ErrorKind.NotSpecified,
                error is MetainfoException ? ErrorIds.InvalidMetadata : ErrorIds.TransferFailed,
                $"'{Info?.Name ?? Descriptor.Name}' could not be received: {error.Message}", innerException: error));
        }
        finally
        {
            await connecting.CancelAsync().ConfigureAwait(false);
            await IgnoreCancellation(connector).ConfigureAwait(false);
            slot.Leave();
        }
    }

    private Task ConnectAsync(CancellationToken cancellationToken) =>
        new Connector(this, _services!, Resources.NextRandom()).RunAsync(cancellationToken);

    /// <summary>Waits until there is a peer. A slot is not held for long by a transfer that finds none.</summary>
    private async Task WaitForPeerAsync(Slot slot, CancellationToken cancellationToken)
    {
        var found = NewSignal();
        void Look()
        {
            if (Sessions.Length > 0) found.TrySetResult();
        }

        SessionsChanged += Look;
        try
        {
            Look();
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var patience = Task.Delay(SlotPatience, Time, enough.Token);
            var first = await Task.WhenAny(found.Task, patience).ConfigureAwait(false);
            await enough.CancelAsync().ConfigureAwait(false);
            if (first == patience)
            {
                cancellationToken.ThrowIfCancellationRequested();
                slot.Leave();
                await found.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
                await slot.EnterAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            SessionsChanged -= Look;
        }
    }

    /// <summary>Gets ready for both blobs before there is any peer: they may come with the opening of a channel.</summary>
    private void BeginFetches()
    {
        _infoFetch = Info is null ? new BlobFetch(this, InfoHash.Value, attributes: false) : null;
        _attributesFetch = AttributesBlob is null && Descriptor.AttributesHash is { } hash ? new BlobFetch(this, hash, attributes: true) : null;
        foreach (var session in Sessions) OnBlobsOffered(session);
    }

    private async Task<TorrentInfo> FetchInfoAsync(CancellationToken cancellationToken)
    {
        if (Info is { } known) return known;
        var blob = await _infoFetch!.Result.WaitAsync(cancellationToken).ConfigureAwait(false);
        _infoFetch = null;
        var info = TorrentInfo.Parse(blob);
        lock (Gate)
        {
            SetInfo(info);
            foreach (var session in _sessions) session.ResolveAvailability(info.PieceCount);
        }

        if (!_metadataOnly)
        {
            // From here on others can have the metadata from us.
            OfferBlobs();
        }

        return info;
    }

    private async Task FetchLayersAsync(CancellationToken cancellationToken)
    {
        if (Layers is not null) return;
        if (PieceLayers.AreImpliedBy(Info!))
        {
            Layers = PieceLayers.Create(Info!);
            return;
        }

        var fetch = new LayerFetch(this, Info!);
        _layerFetch = fetch;
        foreach (var session in Sessions.Where(static session => session.IsAvailabilityKnown)) fetch.Offer(session);
        Layers = await fetch.Result.WaitAsync(cancellationToken).ConfigureAwait(false);
        _layerFetch = null;
    }

    private bool LacksAttributes => Descriptor.AttributesHash is not null && AttributesBlob is null && Storage is null;

    private async Task FetchAttributesAsync(CancellationToken cancellationToken)
    {
        if (_attributesFetch is not { } fetch) return;
        var blob = await fetch.Result.WaitAsync(cancellationToken).ConfigureAwait(false);
        _attributesFetch = null;
        // Only what can be read is kept and served.
        _ = ShareAttributes.Parse(blob, Info!.Files.Count);
        AttributesBlob = blob;
        if (!_metadataOnly) OfferBlobs();
    }

    private void OfferBlobs()
    {
        foreach (var session in Sessions)
        {
            // Who has all pieces has these as well.
            if (session.Capabilities.Extended && session.Download.Have is not { IsFull: true }) session.SendExtensionHandshake();
        }
    }

    private async Task TryFetchAttributesAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(AttributesTimeout, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await FetchAttributesAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            _attributesFetch = null;
            _events.OnWarning(this, ErrorIds.NoSourceAvailable, $"No peer gave the times and modes of '{Info!.Name}'; its files get those of today.");
        }
        catch (MetainfoException error)
        {
            _events.OnWarning(this, ErrorIds.InvalidMetadata, $"The times and modes of '{Info!.Name}' are unreadable: {error.Message}");
        }
    }

    private async Task OpenStorageAsync(CancellationToken cancellationToken)
    {
        if (Storage is null)
        {
            var opened = await _services!.Storage.OpenAsync(Descriptor, Info!, Layers!, Attributes, new CheckedBytes(this), cancellationToken).ConfigureAwait(false);
            lock (Gate)
            {
                Storage = opened.Storage;
                _fullName = opened.FullName;
            }
        }

        var storage = Storage;
        var have = PiecesOf(storage);
        int[] held;
        lock (Gate)
        {
            _allHere = NewSignal();
            if (Queue is null)
            {
                Have = have;
                Queue = new DownloadQueue(Gate, Info!, have, _wanted!, Resources.NextRandom(), Resources, DownloadLimit) { IsPaused = true };
                foreach (var session in _sessions)
                {
                    Queue.AddPeer(session.Download);
                    if (session.ResolveAvailability(have.Length) && session.Download.Have is { } theirs) Queue.SetHave(session.Download, theirs);
                }
            }

            // Sessions that are open already were told of nothing.
            held = _sessions.Length == 0 ? [] : [.. Enumerable.Range(0, have.Length).Where(piece => have[piece])];
            if (Queue.Missing == 0) _allHere.TrySetResult();
            UpdateHolding();
        }

        Announce(held);
    }

    private void CloseSessions(string reason)
    {
        foreach (var session in Sessions) session.Close(reason);
    }

    private void CloseSeeds()
    {
        foreach (var session in Sessions)
        {
            bool both;
            lock (Gate) both = NeedsNothing && session.Download.Have is { IsFull: true };
            if (both) session.Close("both have all of it");
        }
    }

    /// <summary>How far the verification of what was on disk has come: shown as what is completed.</summary>
    private sealed class CheckedBytes(Transfer transfer) : IProgress<long>
    {
        public void Report(long value) => Interlocked.Exchange(ref transfer._checked, value);
    }

    /// <summary>A transfer's turn among those that run at once.</summary>
    private sealed class Slot(SemaphoreSlim slots)
    {
        private bool _held;

        public async Task EnterAsync(CancellationToken cancellationToken)
        {
            await slots.WaitAsync(cancellationToken).ConfigureAwait(false);
            _held = true;
        }

        public void Leave()
        {
            if (_held) slots.Release();
            _held = false;
        }
    }
}
