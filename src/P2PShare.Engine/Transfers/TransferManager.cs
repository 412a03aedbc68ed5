using System.Collections.Concurrent;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>All transfers of a peer: what it publishes and what it receives. Decides which channels of others are accepted.</summary>
internal sealed class TransferManager : IChannelAcceptor, IAsyncDisposable
{
    /// <summary>Transfers that run at once; more wait for their turn.</summary>
    public const int MaxRunning = 16;

    /// <summary>How this software is called by foreign clients (BEP 10).</summary>
    public const string ClientName = "P2PShare";

    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);

    private readonly TransferResources _resources;
    private readonly ReceiveServices _services;
    private readonly ITransferEvents _events;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Transfer> _transfers = new();
    private readonly Dictionary<InfoHash, Transfer[]> _byShare = [];
    private int _ticking;
    private int _pumping;
    private bool _disposed;

    public TransferManager(TransferResources resources, ReceiveServices services, ITransferEvents events)
    {
        _resources = resources;
        _services = services;
        _events = events;
        services.FindElder = FindElder;
        resources.Buffers.Available += PumpStarvedSoon;
        _timer = resources.Time.CreateTimer(static state => ((TransferManager)state!).Tick(), this, TickInterval, TickInterval);
    }

    /// <summary>All transfers, published shares among them.</summary>
    public IReadOnlyCollection<Transfer> Transfers => (IReadOnlyCollection<Transfer>)_transfers.Values;

    /// <summary>Offers a share that is here in full; the manager owns its storage from now on.</summary>
    /// <param name="isPublished">Whether it is this peer's own, rather than one that was received in an earlier run.</param>
    /// <exception cref="P2PShareException">TransferExists: there is one of that id.</exception>
    public Transfer AddSeed(TransferDescriptor descriptor, PieceLayers layers, ShareAttributes? attributes, IShareStorage storage, string fullName, bool isPublished = true)
    {
        var transfer = Transfer.Seed(descriptor, _resources, _events, NewChoker(descriptor), _services.Shares, layers, attributes, storage, fullName, isPublished);
        Add(transfer);
        _events.OnHoldingChanged(transfer.InfoHash, transfer.Holding);
        return transfer;
    }

    /// <summary>Starts a transfer, or registers it without starting when it is suspended.</summary>
    /// <param name="info">The info dictionary, if it is known (a .torrent file, an earlier run).</param>
    /// <param name="layers">The piece layers, if they are known.</param>
    /// <param name="attributes">The attributes, if they are known.</param>
    /// <exception cref="P2PShareException">TransferExists: there is one of that id.</exception>
    public Transfer StartReceive(TransferDescriptor descriptor, TorrentInfo? info = null, PieceLayers? layers = null, ShareAttributes? attributes = null)
    {
        var transfer = Transfer.Receive(descriptor, _resources, _events, NewChoker(descriptor), _services, info, layers, attributes);
        Add(transfer);
        if (descriptor.IsSuspended) transfer.MarkSuspended();
        else transfer.Start();
        return transfer;
    }

    /// <summary>Fetches the info dictionary of a share, and its attributes, from a holder; at once when a transfer has them.</summary>
    public async Task<(TorrentInfo Info, ShareAttributes? Attributes)> FetchMetadataAsync(InfoHash share, string name, Hash256? attributesHash, CancellationToken cancellationToken)
    {
        foreach (var known in Find(share))
        {
            if (known.Info is { } info && (attributesHash is null || known.AttributesBlob is not null))
                return (info, known.Attributes);
        }

        var descriptor = new TransferDescriptor
        {
            TransferId = Guid.NewGuid().ToString("N"),
            InfoHash = share,
            Name = name,
            Destination = "",
            AttributesHash = attributesHash,
        };
        var fetch = Transfer.Receive(descriptor, _resources, _events, NewChoker(descriptor), _services, null, null, null);
        Add(fetch, isHidden: true);
        try
        {
            return await fetch.FetchMetadataAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Remove(fetch);
        }
    }

    /// <summary>Stops offering and forgets a transfer; its files stay.</summary>
    public async Task RemoveAsync(Transfer transfer)
    {
        Remove(transfer);
        await transfer.CloseAsync("the share is not offered here any more").ConfigureAwait(false);
        _events.OnHoldingChanged(transfer.InfoHash, HoldingOf(transfer.InfoHash));
    }

    public Transfer? Get(string transferId) => _transfers.GetValueOrDefault(transferId);

    /// <summary>The transfers of a share: rarely more than one.</summary>
    public IReadOnlyList<Transfer> Find(InfoHash share)
    {
        lock (_gate) return _byShare.GetValueOrDefault(share, []);
    }

    /// <summary>How much of a share this peer has for others.</summary>
    public TransferHolding HoldingOf(InfoHash share) => Find(share).Select(static transfer => transfer.Holding).DefaultIfEmpty().Max();

    /// <summary>Bytes per second sent, over all transfers; null for no limit.</summary>
    public long? UploadLimit => _resources.UploadLimit.Limit;

    /// <summary>Bytes per second received, over all transfers; null for no limit.</summary>
    public long? DownloadLimit => _resources.DownloadLimit.Limit;

    /// <summary>Changes the limits, in bytes per second; null for none.</summary>
    public void SetLimits(long? uploadLimit, long? downloadLimit)
    {
        RateLimiter.ThrowIfInvalid(uploadLimit, nameof(uploadLimit));
        RateLimiter.ThrowIfInvalid(downloadLimit, nameof(downloadLimit));
        var transfers = AllTransfers();
        foreach (var transfer in transfers) transfer.RecallUnderWay(uploadLimit is not null, downloadLimit is not null);
        _resources.UploadLimit.Limit = uploadLimit;
        _resources.DownloadLimit.Limit = downloadLimit;
        foreach (var transfer in transfers) transfer.GoOn();
    }

    public IChannelHandler? AcceptChannel(PeerId peer, InfoHash share)
    {
        var transfer = Best(Find(share));
        return transfer is null || transfer.IsBanned(peer) ? null : new PeerSession(transfer);
    }

    public IChannelHandler? AcceptForeign(ReadOnlySpan<byte> truncatedInfoHash, HandshakeFeatures features)
    {
        Span<byte> hash = stackalloc byte[Hash256.Size];
        lock (_gate)
        {
            foreach (var (share, transfers) in _byShare)
            {
                share.Value.CopyTo(hash);
                if (!hash[..truncatedInfoHash.Length].SequenceEqual(truncatedInfoHash)) continue;
                if (Best([.. transfers.Where(static transfer => transfer.IsOpenShare)]) is { } transfer) return new PeerSession(transfer) { Capabilities = ForeignCapabilities.Of(features) };
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        Transfer[] all;
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            all = [.. _byShare.Values.SelectMany(static transfers => transfers)];
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        _resources.Buffers.Available -= PumpStarvedSoon;
        await Task.WhenAll(all.Select(static transfer => transfer.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    /// <summary>The earlier ones of a share go first: a later one then has its content from them.</summary>
    private Transfer? FindElder(Transfer transfer)
    {
        foreach (var other in Find(transfer.InfoHash))
        {
            if (other == transfer) return null;
            if (other.IsRunning) return other;
        }

        return null;
    }

    private static Transfer? Best(IReadOnlyList<Transfer> transfers)
    {
        Transfer? best = null;
        foreach (var transfer in transfers)
        {
            if (transfer.IsOffered && (best is null || transfer.Holding > best.Holding)) best = transfer;
        }

        return best;
    }

    private GenerousChoker NewChoker(TransferDescriptor descriptor) => descriptor.MeetsForeigners
        ? new GenerousChoker(_resources.Time, GenerousChoker.ForeignSlots, GenerousChoker.ForeignSlots)
        : new GenerousChoker(_resources.Time);

    private void Add(Transfer transfer, bool isHidden = false)
    {
        lock (_gate)
        {
            if (_disposed) throw new P2PShareException(ErrorKind.InvalidOperation, ErrorIds.PeerStopped, "The peer has stopped.");
            if (!isHidden && !_transfers.TryAdd(transfer.Descriptor.TransferId, transfer))
                throw new P2PShareException(ErrorKind.ResourceExists, ErrorIds.TransferExists, $"There is a transfer {transfer.Descriptor.TransferId} already.", transfer.Descriptor.TransferId);
            _byShare[transfer.InfoHash] = [.. _byShare.GetValueOrDefault(transfer.InfoHash, []), transfer];
        }
    }

    private void Remove(Transfer transfer)
    {
        lock (_gate)
        {
            // Another one may go by that id by now.
            _transfers.TryRemove(KeyValuePair.Create(transfer.Descriptor.TransferId, transfer));
            Transfer[] left = [.. _byShare.GetValueOrDefault(transfer.InfoHash, []).Where(other => other != transfer)];
            if (left.Length == 0) _byShare.Remove(transfer.InfoHash);
            else _byShare[transfer.InfoHash] = left;
        }
    }

    private void Tick()
    {
        // A tick that takes longer than the interval is not run twice at once.
        if (Interlocked.Exchange(ref _ticking, 1) != 0) return;
        try
        {
            foreach (var transfer in AllTransfers()) transfer.Tick();
            _resources.UploadPacer.Serve();
            _resources.DownloadPacer.Serve();
        }
        finally
        {
            Volatile.Write(ref _ticking, 0);
        }
    }

    private Transfer[] AllTransfers()
    {
        lock (_gate) return [.. _byShare.Values.SelectMany(static transfers => transfers)];
    }

    // Called with a transfer's gate held: others are served on another thread.
    private void PumpStarvedSoon()
    {
        if (Interlocked.Exchange(ref _pumping, 1) != 0) return;
        ThreadPool.UnsafeQueueUserWorkItem(
            static manager =>
            {
                Volatile.Write(ref manager._pumping, 0);
                foreach (var transfer in manager.AllTransfers()) transfer.PumpStarved();
            },
            this,
            preferLocal: false);
    }
}
