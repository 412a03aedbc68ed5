using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Mirroring;
using P2PShare.Engine.Offers;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transfers;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine;

/// <summary>A peer with all its parts: the implementation of the front door.</summary>
internal sealed partial class SwarmPeer : IPeer
{
    private static readonly TimeSpan LeafCheckInterval = TimeSpan.FromHours(6);

    private readonly PeerOptions _options;
    private readonly TimeProvider _time;
    private readonly StateDirectory _state;
    private readonly PeerIdentity _identity;
    private readonly PeerMemory _memory;
    private readonly SwarmTransport _transport;
    private readonly RecordStore _store = new();
    private readonly RecordVerifier _verifier;
    private readonly AddressBook _addresses;
    private readonly SwarmMembership _membership;
    private readonly HashWorkers _hashing;
    private readonly FileHandleCache _handles = new();
    private readonly StorageThreads _storageThreads = new();
    private readonly LocalFileIndex _localFiles = new();
    private readonly TransferManager _transfers;
    private readonly TransferLibrary _library;
    private readonly ReceivedFiles _receivedFiles = new();
    private readonly SentOffers _sentOffers;
    private readonly ReceivedOffers _receivedOffers = new();
    private readonly OfferSender _offerSender;
    private readonly OffersFile _offersFile;
    private readonly AcceptRule? _accept;
    private readonly MirrorRule? _mirror;
    private readonly PeerEventQueue _eventQueue;
    private readonly List<string> _warnings = [];
    private readonly SemaphoreSlim _stopGate = new(1, 1);
    private readonly SemaphoreSlim _publishGate = new(1, 1);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private EventHandler<PeerEvent>? _handlers;
    private ITimer? _leafTimer;
    private volatile bool _stopping;

    private SwarmPeer(PeerOptions options, StateDirectory state, PeerIdentity identity, string name)
    {
        _options = options;
        _time = options.TimeProvider;
        _state = state;
        _identity = identity;
        Name = name;
        _memory = new PeerMemory(state.Path);
        _memory.Load();
        var random = options.RandomSeed is { } seed ? new Random(seed) : new Random();
        var transportOptions = new TransportOptions
        {
            ListenAddress = PeerComposition.ParseListenAddress(options.ListenAddress),
            HeartbeatInterval = options.HeartbeatInterval,
            HandshakeTimeout = options.HandshakeTimeout,
        };
        _transport = new SwarmTransport(
            identity.PeerId,
            options.Network ?? new TcpNetwork(),
            options.Authenticator?.Invoke(identity.PeerId) ?? new TlsLinkAuthenticator(new TlsAuthenticator(identity, _time, options.HandshakeTimeout)),
            transportOptions,
            _time);
        PeerComposition.Listen(_transport, options, _memory.Content.Port, out var warning);
        if (warning is not null) _warnings.Add(warning);
        _warnings.AddRange(identity.Warnings);

        _eventQueue = new PeerEventQueue(happened => _handlers?.Invoke(this, happened));
        _verifier = new RecordVerifier(_store, new PeerComposition.TrustAnchor(identity));
        _addresses = new AddressBook(_time, random);
        foreach (var address in options.ConnectTo) _addresses.Give(address);
        foreach (var address in _memory.Content.Addresses) _addresses.Remember(address);
        var details = new PeerDetails
        {
            Name = name,
            Addresses = LocalAddresses.Get(transportOptions.ListenAddress, _transport.Port),
            Roles = (identity.Role == SwarmRole.Client ? PeerRoles.None : PeerRoles.MayCoordinate) | (options.Mirror.Count > 0 ? PeerRoles.KeepsCopies : PeerRoles.None),
            Software = LinkHandshake.SoftwareVersion,
            Grant = identity.NameGrant,
        };
        _membership = new SwarmMembership(
            _transport, _store, _verifier, new OwnHoldings(identity.PeerId, identity, _time), new OwnRecord(details, () => identity.Leaf, identity, _time),
            _addresses, this, _memory.Content.Term, _time, random)
        {
            ProgressSource = OwnProgress,
        };

        _hashing = new HashWorkers();
        var resources = new TransferResources
        {
            Time = _time,
            Random = random,
            LocalPeerId = PeerId,
            Hashing = _hashing,
            DownloadLimit = new RateLimiter(_time) { Limit = options.DownloadLimit },
            UploadLimit = new RateLimiter(_time) { Limit = options.UploadLimit },
        };
        var services = new ReceiveServices
        {
            Shares = _membership,
            Opener = _transport,
            ForeignOpener = new ForeignOpener(_transport),
            Storage = new TransferStorage(Path.Combine(state.Path, "transfers"), _handles, _receivedFiles, options.FileSystem, options.FlushInterval, _storageThreads, _time),
            LocalFiles = _localFiles,
            Slots = new SemaphoreSlim(TransferManager.MaxRunning),
        };
        _transfers = new TransferManager(resources, services, this);
        _library = new TransferLibrary(Path.Combine(state.Path, "library"));
        _sentOffers = new SentOffers(_time);
        _offerSender = new OfferSender(_sentOffers, _membership, _transport, _store, IsServed, _time);
        _offersFile = new OffersFile(state.Path, _sentOffers, _receivedOffers, _time, message => Warn(DisplayName.Escape(message), ErrorIds.StateDirectoryUnusable));
        _accept = AcceptRule.Of(options);
        _mirror = MirrorRule.Of(options);
        _membership.OffersReceived = OnOffers;
    }

    public event EventHandler<PeerEvent>? EventRaised
    {
        add
        {
            // Nobody can subscribe before the peer runs, and its first events (a refusal at the first address) matter most.
            lock (_eventQueue) _handlers += value;
            _eventQueue.Begin();
        }

        remove
        {
            lock (_eventQueue) _handlers -= value;
        }
    }

    public string PeerId => _identity.PeerId.ToString();

    public string Name { get; }

    public string SwarmName => _identity.SwarmName;

    public string SwarmId => _identity.SwarmId.ToString();

    public int Port => _transport.Port;

    public string StateDirectory => _state.Path;

    public PeerState State => _completion.Task.IsCompleted ? PeerState.Stopped : _stopping ? PeerState.Stopping : _membership.View.State;

    public IReadOnlyList<string> StartWarnings => _warnings;

    public Task Completion => _completion.Task;

    public Task ConnectAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ThrowIfStopping();
        _membership.Connect(addresses);
        return Task.CompletedTask;
    }

    public async Task WaitForCatalogueAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ThrowIfStopping();
        try
        {
            await _membership.CatalogueReady.WaitAsync(timeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new P2PShareException(
                ErrorKind.OperationTimeout, ErrorIds.SwarmNotJoined,
                $"The swarm '{SwarmName}' was not joined within {timeout.TotalSeconds:0} s. Tried: {string.Join("; ", _addresses.Describe())}.", SwarmName,
                "Check that a peer of the swarm runs at one of these addresses and that firewalls let its port through. This peer keeps trying.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Stopped();
        }
    }

    public void SetLimits(long? uploadLimit, long? downloadLimit) => _transfers.SetLimits(uploadLimit, downloadLimit);

    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await _stopGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_completion.Task.IsCompleted) return;
            _stopping = true;
            if (_leafTimer is not null) await _leafTimer.DisposeAsync().ConfigureAwait(false);
            // A look may hang with its drive, so it is not waited for.
            _freeSpaceTimer?.Dispose();
            SaveMemory();
            await StopVerifyingAsync().ConfigureAwait(false);
            await StopMirroringAsync().ConfigureAwait(false);
            await StopOffersAsync().ConfigureAwait(false);
            if (_discovery is not null) await _discovery.DisposeAsync().ConfigureAwait(false);
            RememberAll();
            await _transfers.DisposeAsync().ConfigureAwait(false);
            // What was said just now, that a share is withdrawn perhaps, is said before goodbye.
            await _membership.FlushAsync().ConfigureAwait(false);
            await _transport.StopAsync("this peer is stopping").ConfigureAwait(false);
            await _membership.DisposeAsync().ConfigureAwait(false);
            await _transport.DisposeAsync().ConfigureAwait(false);
            _hashing.Dispose();
            _handles.Dispose();
            Raise(new PeerEvent { Kind = PeerEventKind.Stopped, Time = UtcNow, Message = $"Peer '{Name}' of the swarm '{SwarmName}' has stopped." });
            await _eventQueue.DisposeAsync().ConfigureAwait(false);
            _identity.Dispose();
            _state.Dispose();
            if (_fault is { } fault) _completion.TrySetException(fault);
            else _completion.TrySetResult();
        }
        finally
        {
            _stopGate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _publishGate.Dispose();
    }

    /// <summary>For the benchmarks of a large catalogue, which is not published share by share, and of a large roster.</summary>
    internal SwarmMembership Membership => _membership;

    /// <summary>By which two catalogues are compared.</summary>
    internal CatalogueDigest Digest => _store.GetDigest();

    private DateTime UtcNow => _time.GetUtcNow().UtcDateTime;

    private void Start()
    {
        SaveMemory();
        Raise(new PeerEvent { Kind = PeerEventKind.Started, Time = UtcNow, Message = $"Peer '{Name}' of the swarm '{SwarmName}' listens on port {Port}." });
        foreach (var warning in _warnings) Warn(warning, null);
        _transport.Start(_membership, _transfers);
        PrepareDiscovery();
        MeasureFreeSpace();
        _membership.Start();
        // After the addresses that were given are being dialled: looking around takes longer than a handshake.
        _discovery?.Start();
        Restore();
        StartOffers();
        StartMirroring();
        WatchFreeSpace();
        _leafTimer = _time.CreateTimer(_ => RenewLeaf(), null, LeafCheckInterval, LeafCheckInterval);
    }

    private void RenewLeaf()
    {
        try
        {
            if (_identity.RenewIfDue()) _membership.RenewOwnRecord();
        }
        catch (P2PShareException error)
        {
            Warn(error.Message, error.ErrorId);
        }
    }

    private void SaveMemory()
    {
        try
        {
            var view = _membership.View;
            // Not checked for this: whoever answers at an address has to prove itself, and with many peers the checks add up.
            var seen = view.Present
                .Where(peer => peer != _identity.PeerId)
                .Select(peer => _store.PeekPeer(peer)?.Details.Addresses)
                .OfType<IReadOnlyList<System.Net.IPEndPoint>>()
                .SelectMany(addresses => ForAnotherRun(addresses).Take(2))
                .Select(AddressText.Format)
                .Take(32)
                .ToList();
            _memory.Save(before => before with { Port = Port, Term = Math.Max(view.Term, before.Term), Addresses = seen.Count > 0 ? seen : before.Addresses });
        }
        catch (P2PShareException error)
        {
            Warn(error.Message, error.ErrorId);
        }
    }

    // Another machine's loopback is this machine's own: to be dialled only where a peer has nothing else.
    private static IEnumerable<System.Net.IPEndPoint> ForAnotherRun(IReadOnlyList<System.Net.IPEndPoint> addresses) =>
        addresses.All(address => System.Net.IPAddress.IsLoopback(address.Address)) ? addresses : addresses.Where(address => !System.Net.IPAddress.IsLoopback(address.Address));

    private void ThrowIfStopping()
    {
        if (_stopping) throw Stopped();
    }

    private P2PShareException Stopped() =>
        new(ErrorKind.InvalidOperation, ErrorIds.PeerStopped, $"The peer '{Name}' has stopped.", Name, "Start it again.");
}
