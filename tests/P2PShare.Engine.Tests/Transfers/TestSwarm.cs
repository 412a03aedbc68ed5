using System.Diagnostics;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transfers;
using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Transfers;

/// <summary>Peers with transfer managers, joined by <see cref="TestLink"/>s that the test pumps; hashing runs when it pumps too.</summary>
internal sealed class TestSwarm : IAsyncDisposable
{
    private readonly List<TestPeer> _peers = [];
    private readonly List<TestLink> _links = [];
    private readonly Lock _gate = new();

    public TestSwarm(TimeProvider? time = null) => Time = time ?? TimeProvider.System;

    public TimeProvider Time { get; }

    public IReadOnlyList<TestLink> Links
    {
        get
        {
            lock (_gate) return [.. _links];
        }
    }

    /// <summary>Called for each new link before it opens.</summary>
    public Action<TestLink, TestPeer, TestPeer>? OnLink { get; set; }

    public TestPeer AddPeer(long bufferCapacity = PieceBufferPool.DefaultCapacity, IHashQueue? hashing = null)
    {
        var peer = new TestPeer(this, _peers.Count + 1, bufferCapacity, hashing);
        _peers.Add(peer);
        return peer;
    }

    public TestLink Connect(TestPeer from, TestPeer to, IChannelHandler opening, IChannelHandler accepting)
    {
        var link = new TestLink(from.Id, to.Id);
        link.Left.Handler = opening;
        link.Right.Handler = accepting;
        OnLink?.Invoke(link, from, to);
        lock (_gate) _links.Add(link);
        return link;
    }

    /// <summary>Connects somebody who is no peer of the swarm's but says so.</summary>
    public TestLink ConnectRaw(PeerId from, TestPeer to, IChannelHandler opening, IChannelHandler accepting)
    {
        var link = new TestLink(from, to.Id);
        link.Left.Handler = opening;
        link.Right.Handler = accepting;
        lock (_gate) _links.Add(link);
        return link;
    }

    public TestLink ConnectForeign(IChannelHandler opening, IChannelHandler accepting)
    {
        var link = new TestLink(null, null, foreign: true);
        link.Left.Handler = opening;
        link.Right.Handler = accepting;
        lock (_gate) _links.Add(link);
        return link;
    }

    /// <summary>Moves messages and hashes until nothing moves.</summary>
    public bool Pump()
    {
        var any = false;
        while (Step()) any = true;
        return any;
    }

    /// <summary>One round: what is queued now.</summary>
    public bool Step()
    {
        var moved = false;
        foreach (var link in Links) moved |= link.Pump();
        foreach (var peer in _peers) moved |= peer.Hashing.RunAll();
        return moved;
    }

    /// <summary>Pumps until the condition holds.</summary>
    public async Task Until(Func<bool> condition, string what = "the condition", Action? each = null)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"Gave up waiting for {what}.");
            each?.Invoke();
            if (!Pump()) await Task.Delay(1);
        }
    }

    /// <summary>Moves one round at a time until the condition holds.</summary>
    public async Task UntilStep(Func<bool> condition, string what, Action? each = null)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"Gave up waiting for {what}.");
            each?.Invoke();
            if (!Step()) await Task.Delay(1);
        }
    }

    /// <summary>Pumps until a task has ended, and gives its outcome.</summary>
    public async Task While(Task task)
    {
        await Until(() => task.IsCompleted, "a task");
        await task;
    }

    public async Task Complete(params Transfer[] transfers)
    {
        await Until(() => transfers.All(transfer => transfer.Completion.IsCompleted), "the transfers' completion");
        foreach (var transfer in transfers) await transfer.Completion;
    }

    public PeerId[] HoldersOf(InfoHash share, TestPeer except) =>
        [.. _peers.Where(peer => peer != except && peer.Manager.HoldingOf(share) != TransferHolding.None).Select(peer => peer.Id)];

    public bool IsCompleteBeside(TestPeer except, InfoHash share) => _peers.Exists(peer => peer != except && peer.Manager.HoldingOf(share) == TransferHolding.Complete);

    public TestPeer Find(PeerId id) => _peers.Single(peer => peer.Id == id);

    public IEnumerable<Transfer> TransfersOf(TestShare share) => _peers.SelectMany(peer => peer.Manager.Find(share.Info.InfoHash));

    /// <summary>Ends all links and tells both sides.</summary>
    public void CloseAll()
    {
        foreach (var link in Links) link.Close("the end");
        Pump();
    }

    public void SignalHolders()
    {
        foreach (var peer in _peers) peer.Shares.Signal();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var peer in _peers)
        {
            var disposal = peer.Manager.DisposeAsync().AsTask();
            while (!disposal.IsCompleted)
            {
                if (!Pump()) await Task.Delay(1);
            }

            await disposal;
        }
    }
}

internal sealed class TestPeer
{
    private readonly TestSwarm _swarm;

    public TestPeer(TestSwarm swarm, int number, long bufferCapacity, IHashQueue? hashing)
    {
        _swarm = swarm;
        Id = IdOf(number);
        Shares = new TestShares(swarm, this);
        Resources = new TransferResources
        {
            Time = swarm.Time,
            Random = new Random(number),
            Hashing = hashing ?? Hashing,
            Buffers = new PieceBufferPool(bufferCapacity),
            DownloadLimit = new RateLimiter(swarm.Time),
            UploadLimit = new RateLimiter(swarm.Time),
        };
        var services = new ReceiveServices
        {
            Shares = Shares,
            Opener = new Opener(this),
            Storage = Storage,
            LocalFiles = Local,
            Slots = new SemaphoreSlim(TransferManager.MaxRunning),
        };
        Manager = new TransferManager(Resources, services, Events);
    }

    public static PeerId IdOf(int number)
    {
        Span<byte> id = stackalloc byte[Hash256.Size];
        for (var i = 0; i < id.Length; i += 4) System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(id[i..], number);
        return new PeerId(new Hash256(id));
    }

    public PeerId Id { get; }

    public TransferManager Manager { get; }

    public TransferResources Resources { get; }

    public TestHashQueue Hashing { get; } = new();

    public TestShares Shares { get; }

    public TestStorage Storage { get; } = new();

    public TestLocalFiles Local { get; } = new();

    public TestEvents Events { get; } = new();

    public Transfer Seed(TestShare share, MemoryStorage? storage = null, bool open = false)
    {
        var descriptor = Descriptor(share) with { IsOpen = open };
        var transfer = Manager.AddSeed(descriptor, share.Layers, share.Attributes, storage ?? share.FullStorage(), "/seed");
        _swarm.SignalHolders();
        return transfer;
    }

    public Transfer Receive(TestShare share, Func<TransferDescriptor, TransferDescriptor>? change = null, bool withInfo = false)
    {
        var descriptor = Descriptor(share);
        return Manager.StartReceive(change?.Invoke(descriptor) ?? descriptor, withInfo ? share.Info : null, withInfo ? share.Layers : null);
    }

    public static MemoryStorage StorageOf(Transfer transfer) => (MemoryStorage)transfer.Storage!;

    private static TransferDescriptor Descriptor(TestShare share) => new()
    {
        TransferId = Guid.NewGuid().ToString("N"),
        InfoHash = share.Info.InfoHash,
        Name = share.Info.Name,
        Destination = "/nowhere",
        AttributesHash = share.Attributes?.Hash,
    };

    private sealed class Opener(TestPeer peer) : IChannelOpener
    {
        public Task OpenChannelAsync(PeerId remote, InfoHash share, IChannelHandler handler, CancellationToken cancellationToken)
        {
            var other = peer._swarm.Find(remote);
            var accepting = other.Manager.AcceptChannel(peer.Id, share)
                ?? throw new P2PShareException(ErrorKind.ObjectNotFound, ErrorIds.ShareNotFound, "not offered");
            return peer._swarm.Connect(peer, other, handler, accepting).Opened.WaitAsync(cancellationToken);
        }
    }
}

internal sealed class TestHashQueue : IHashQueue
{
    private readonly Queue<IHashWork> _queue = new();
    private readonly Lock _gate = new();

    public void Enqueue(IHashWork work)
    {
        lock (_gate) _queue.Enqueue(work);
    }

    public bool RunAll()
    {
        var any = false;
        while (true)
        {
            IHashWork? work;
            lock (_gate)
            {
                if (!_queue.TryDequeue(out work)) return any;
            }

            work.Run();
            any = true;
        }
    }
}

internal sealed class TestShares(TestSwarm swarm, TestPeer peer) : ISwarmShares
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Replaces what the managers say they hold.</summary>
    public Func<InfoHash, IReadOnlyList<PeerId>>? Holders { get; set; }

    /// <summary>Says whether a holder's own word holds; by default it does.</summary>
    public Func<PeerId, bool>? Confirm { get; set; }

    public bool IsHolder(PeerId peer, InfoHash share) => Confirm?.Invoke(peer) ?? HoldersOf(share).Contains(peer);

    public bool IsCompleteElsewhere(InfoHash share) => swarm.IsCompleteBeside(peer, share);

    public IReadOnlyList<PeerId> HoldersOf(InfoHash share) => Holders?.Invoke(share) ?? swarm.HoldersOf(share, peer);

    public Task HoldersChangedAsync(CancellationToken cancellationToken)
    {
        lock (_gate) return _changed.Task.WaitAsync(cancellationToken);
    }

    public void Signal()
    {
        lock (_gate)
        {
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}

internal sealed class TestStorage : ITransferStorage
{
    /// <summary>Makes the storage; by default an empty one.</summary>
    public Func<TorrentInfo, IShareStorage>? Make { get; set; }

    public int Opened { get; private set; }

    public Task<OpenedStorage> OpenAsync(TransferDescriptor descriptor, TorrentInfo info, PieceLayers layers, ShareAttributes? attributes, IProgress<long> checkedBytes, CancellationToken cancellationToken)
    {
        Opened++;
        return Task.FromResult(new OpenedStorage(Make?.Invoke(info) ?? new MemoryStorage(info), "/nowhere/" + info.Name));
    }
}

internal sealed class TestLocalFiles : ILocalFiles
{
    public Dictionary<Hash256, string> Paths { get; } = [];

    public string? Find(Hash256 piecesRoot, long length) => Paths.GetValueOrDefault(piecesRoot);
}

internal sealed class TestEvents : ITransferEvents
{
    private readonly Lock _gate = new();
    private readonly List<string> _log = [];

    public IReadOnlyList<string> Log
    {
        get
        {
            lock (_gate) return [.. _log];
        }
    }

    public void OnStateChanged(Transfer transfer, TransferState state) => Add($"state {state}");

    public void OnProgress(Transfer transfer) => Add("progress");

    public void OnHoldingChanged(InfoHash share, TransferHolding holding) => Add($"holding {holding}");

    public void OnLimitsChanged(Transfer transfer) => Add($"limits {transfer.UploadLimit.Limit} {transfer.DownloadLimit.Limit}");

    public void OnPeerBanned(Transfer transfer, PeerId? peer, string peerName, string reason) => Add($"banned {peerName}: {reason}");

    public void OnWarning(Transfer transfer, string errorId, string message) => Add($"warning {errorId}: {message}");

    private void Add(string line)
    {
        lock (_gate) _log.Add(line);
    }
}
