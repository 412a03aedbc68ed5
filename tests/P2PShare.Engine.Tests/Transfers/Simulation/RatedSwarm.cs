using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transfers;
using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Transfers.Simulation;

/// <summary>Hosts whose cables have rates, each with a transfer manager; time passes when the test says so.</summary>
internal sealed class RatedSwarm(TestShare share) : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    private readonly List<RatedHost> _hosts = [];
    private readonly List<RatedLink> _links = [];
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeTimeProvider Time { get; } = new();

    public TestShare Share => share;

    public TimeSpan Now { get; private set; }

    public IReadOnlyList<RatedHost> Hosts => _hosts;

    public TimeSpan Latency { get; set; } = TimeSpan.FromMilliseconds(0.5);

    /// <param name="rate">Bytes per second, each way.</param>
    public RatedHost Add(double rate)
    {
        var host = new RatedHost(this, _hosts.Count + 1, rate);
        _hosts.Add(host);
        return host;
    }

    /// <summary>Ends a host: its links break, and nobody hears of it again.</summary>
    public void Kill(RatedHost host)
    {
        host.IsGone = true;
        lock (_gate)
            foreach (var link in _links.Where(link => link.Left.Host == host || link.Right.Host == host)) link.Close("the cable is cut");
        SignalHolders();
    }

    /// <summary>Lets time pass until the condition holds.</summary>
    public async Task RunUntil(Func<bool> condition, TimeSpan bound)
    {
        var end = Now + bound;
        while (!condition())
        {
            Assert.True(Now < end, $"After {bound.TotalSeconds:0} s of the simulation: {string.Join(", ", _hosts.Select(host => host.Describe()))}");
            Advance();
            await Task.Yield();
        }
    }

    /// <summary>Waits in real time for what runs on other threads (opening, connecting and trying again), while no byte moves.</summary>
    public async Task Settle(Func<bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"Gave up waiting for {what}.");
            Turn();
            Time.Advance(Step);
            await Task.Delay(1);
        }
    }

    public void SignalHolders()
    {
        lock (_gate)
        {
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public Task Changed(CancellationToken cancellationToken)
    {
        lock (_gate) return _changed.Task.WaitAsync(cancellationToken);
    }

    public void Connect(RatedHost from, PeerId to, IChannelHandler handler)
    {
        var other = _hosts.Single(host => host.Id == to);
        lock (_gate)
        {
            if (other.IsGone || from.IsGone) throw new P2PShareException(ErrorKind.ConnectionError, ErrorIds.PeerUnreachable, "no answer");
            // As on a real link: a share has one channel between two peers.
            if (_links.Any(link => link.CloseReason is null && ((link.Left.Host == from && link.Right.Host == other) || (link.Left.Host == other && link.Right.Host == from))))
                throw new P2PShareException(ErrorKind.ResourceExists, ErrorIds.TransferExists, "there is a channel");
            var accepting = other.Manager.AcceptChannel(from.Id, share.Info.InfoHash) ?? throw new P2PShareException(ErrorKind.ObjectNotFound, ErrorIds.ShareNotFound, "not offered");
            _links.Add(new RatedLink(from, other, handler, accepting));
        }
    }

    /// <summary>All others, before they have anything too: so all are connected before the clock goes, and chance has no part in when.</summary>
    public IReadOnlyList<PeerId> HoldersExcept(RatedHost asking) => [.. _hosts.Where(host => host != asking && !host.IsGone).Select(host => host.Id)];

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            var disposal = host.Manager.DisposeAsync().AsTask();
            while (!disposal.IsCompleted)
            {
                Turn();
                host.Hashing.RunAll();
                await Task.Delay(1);
            }

            await disposal;
        }
    }

    private RatedLink[] Turn()
    {
        RatedLink[] links;
        lock (_gate) links = [.. _links];
        foreach (var link in links)
        {
            if (!link.Turn()) continue;
            lock (_gate) _links.Remove(link);
        }

        return links;
    }

    private void Advance()
    {
        Now += Step;
        Time.Advance(Step);
        var links = Turn();
        foreach (var host in _hosts) host.Ends = [.. links.SelectMany(link => new[] { link.Left, link.Right }).Where(end => end.Host == host)];
        foreach (var host in _hosts) host.Transmit(Step, Now);
        foreach (var host in _hosts) host.Receive(Step, Now);
        foreach (var host in _hosts) host.Hashing.RunAll();
    }
}

/// <summary>A machine with a cable, and the transfers on it.</summary>
internal sealed class RatedHost : ISwarmShares, IChannelOpener
{
    private const int Segment = 1460;

    private readonly RatedSwarm _swarm;
    private double _upload;
    private double _download;
    private int _uploadTurn;
    private int _downloadTurn;

    public RatedHost(RatedSwarm swarm, int number, double rate)
    {
        _swarm = swarm;
        Rate = rate;
        Id = TestPeer.IdOf(number);
        Resources = new TransferResources
        {
            Time = swarm.Time,
            Random = new Random(number),
            Hashing = Hashing,
            DownloadLimit = new RateLimiter(swarm.Time),
            UploadLimit = new RateLimiter(swarm.Time),
        };
        var services = new ReceiveServices
        {
            Shares = this,
            Opener = this,
            Storage = new TestStorage { Make = info => new EchoStorage(swarm.Share, complete: false) },
            Slots = new SemaphoreSlim(TransferManager.MaxRunning),
        };
        Manager = new TransferManager(Resources, services, Events);
    }

    public PeerId Id { get; }

    /// <summary>Bytes per second, each way.</summary>
    public double Rate { get; }

    public TimeSpan Latency => _swarm.Latency;

    public bool IsGone { get; set; }

    public TransferResources Resources { get; }

    public TransferManager Manager { get; }

    public TestHashQueue Hashing { get; } = new();

    public TestEvents Events { get; } = new();

    public Transfer? Transfer { get; private set; }

    public long BlockBytesSent { get; set; }

    /// <summary>When it had all, in the simulation's time.</summary>
    public TimeSpan? DoneAt { get; private set; }

    public RatedLink.End[] Ends { get; set; } = [];

    public void Seed()
    {
        Transfer = Manager.AddSeed(Descriptor(), _swarm.Share.Layers, null, new EchoStorage(_swarm.Share, complete: true), "/seed");
        _swarm.SignalHolders();
    }

    public void Receive() => Transfer = Manager.StartReceive(Descriptor(), _swarm.Share.Info, _swarm.Share.Layers);

    public string Describe() => $"{Id.ToString()[..8]} {Transfer?.GetSnapshot().PercentComplete:0.0} % of {Transfer?.Sessions.Length}";

    public void Transmit(TimeSpan step, TimeSpan now)
    {
        _upload = Math.Min(_upload + Rate * step.TotalSeconds, 2 * Rate * step.TotalSeconds + 4 * Segment);
        if (!IsGone) Share(ref _upload, ref _uploadTurn, static (end, bytes, now) => end.Transmit(bytes, now), now);
    }

    public void Receive(TimeSpan step, TimeSpan now)
    {
        _download = Math.Min(_download + Rate * step.TotalSeconds, 2 * Rate * step.TotalSeconds + 4 * Segment);
        if (!IsGone) Share(ref _download, ref _downloadTurn, static (end, bytes, now) => end.Receive(bytes, now), now);
        foreach (var end in Ends) end.EndBatch();
        if (DoneAt is null && Transfer?.GetSnapshot().BytesCompleted == _swarm.Share.Info.TotalLength) DoneAt = now;
    }

    bool ISwarmShares.IsCompleteElsewhere(InfoHash share) =>
        _swarm.Hosts.Any(host => host != this && !host.IsGone && host.Manager.HoldingOf(share) == TransferHolding.Complete);

    IReadOnlyList<PeerId> ISwarmShares.HoldersOf(InfoHash share) => _swarm.HoldersExcept(this);

    Task ISwarmShares.HoldersChangedAsync(CancellationToken cancellationToken) => _swarm.Changed(cancellationToken);

    Task IChannelOpener.OpenChannelAsync(PeerId peer, InfoHash share, IChannelHandler handler, CancellationToken cancellationToken)
    {
        _swarm.Connect(this, peer, handler);
        return Task.CompletedTask;
    }

    private TransferDescriptor Descriptor() => new()
    {
        TransferId = Guid.NewGuid().ToString("N"),
        InfoHash = _swarm.Share.Info.InfoHash,
        Name = _swarm.Share.Info.Name,
        Destination = "/nowhere",
    };

    /// <summary>A cable's bytes go to all connections alike, a segment at a time.</summary>
    private void Share(ref double budget, ref int turn, Func<RatedLink.End, int, TimeSpan, int> move, TimeSpan now)
    {
        var idle = 0;
        while (budget >= 1 && idle < Ends.Length)
        {
            var moved = move(Ends[turn++ % Ends.Length], Math.Min(Segment, (int)budget), now);
            budget -= moved;
            idle = moved == 0 ? idle + 1 : 0;
        }
    }
}

/// <summary>Knows which pieces it has, and takes their content from the share: copies for many hosts would not fit into memory.</summary>
internal sealed class EchoStorage(TestShare share, bool complete) : IShareStorage
{
    private readonly bool[] _have = [.. Enumerable.Repeat(complete, share.Info.PieceCount)];

    public TorrentInfo Info => share.Info;

    public int PiecesHeld => _have.Count(static have => have);

    public long BytesHeld { get; private set; } = complete ? share.Info.TotalLength : 0;

    public bool HasPiece(int piece) => _have[piece];

    public void ReadBlock(int piece, int begin, Span<byte> destination) => share.Piece(piece).Slice(begin, destination.Length).CopyTo(destination);

    public void WritePiece(int piece, ReadOnlySpan<byte> data)
    {
        Assert.False(_have[piece]);
        _have[piece] = true;
        BytesHeld += data.Length;
    }

    public void DropPiece(int piece) => _have[piece] = false;

    public Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task CompleteAsync(ShareAttributes? attributes, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task AbandonAsync(bool keepPartial, CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
