using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Identity;
using P2PShare.Engine.Tests.Storage;
using P2PShare.Engine.Tests.Transport;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Peers.Simulation;

/// <summary>Complete engines on a network in memory whose cables can be cut, under a clock that runs faster than ours.</summary>
internal sealed class SimulatedSwarm : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    private readonly string _folder = Directory.CreateTempSubdirectory("p2pshare-simulation-").FullName;
    private readonly CancellationTokenSource _ending = new();
    private readonly SwarmInfo _info;
    private readonly Task _clock;

    public SimulatedSwarm(int hosts)
    {
        Time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        _info = SwarmFiles.Create("lab", Path.Combine(_folder, "swarm"), overwrite: false, Time);
        Hosts = [.. Enumerable.Range(0, hosts).Select(i => new SimulatedHost(this, i))];
        _clock = Task.Run(RunClockAsync);
    }

    public FakeTimeProvider Time { get; }

    public IReadOnlyList<SimulatedHost> Hosts { get; }

    public CuttableNetwork Network { get; } = new();

    /// <summary>Whether links are TLS as in earnest; without, each side is taken at its word, which costs less.</summary>
    public bool WithTls { get; init; }

    public string PathOf(string relative) => Path.Combine(_folder, relative);

    public PeerOptions Options(SimulatedHost host) => new()
    {
        SwarmPath = _info.SwarmPath,
        Name = host.Name,
        Port = SimulatedHost.Port,
        ListenAddress = host.Address.ToString(),
        StateRoot = PathOf("state"),
        // Any two of the others will do.
        ConnectTo = [.. Hosts.Where(other => other != host).Take(3).Select(other => $"{other.Address}:{SimulatedHost.Port}")],
        RandomSeed = host.Number,
        Discovery = false,
        TimeProvider = Time,
        Network = Network.Host(host.Address),
        // Records must not tell of this machine's disk, which others fill and empty.
        FileSystem = new FaultyFileSystem { Available = 1L << 40 },
        Authenticator = WithTls ? null : static id => new PlainAuthenticator(id),
    };

    /// <summary>Lets so much of the simulation's time pass.</summary>
    public Task PassAsync(TimeSpan time) => Task.Delay(time, Time);

    /// <summary>Waits for a condition, whatever of the simulation's time that takes.</summary>
    public async Task Until(Func<bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > Patience) Assert.Fail($"Gave up waiting for {what}.\n{string.Join('\n', Hosts.Select(host => host.Describe()))}");
            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Hosts.Select(host => host.StopAsync()));
        await _ending.CancelAsync();
        await _clock;
        _ending.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task RunClockAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            Time.Advance(Step);
            // On a busy machine a late clock slows the simulation, and nothing else.
            await Task.Delay(4, CancellationToken.None);
        }
    }
}

/// <summary>A machine: an engine that may be started and killed, and what it is to receive.</summary>
internal sealed class SimulatedHost(SimulatedSwarm swarm, int number)
{
    public const int Port = 5000;

    private readonly ConcurrentQueue<string> _events = new();
    private readonly Dictionary<string, long> _completed = [];

    public int Number => number;

    public string Name { get; } = $"host{number:00}";

    public IPAddress Address { get; } = new([192, 0, 2, (byte)(number + 1)]);

    public IPeer? Engine { get; private set; }

    public bool IsUp => Engine is not null;

    /// <summary>What it is to receive, by info-hash.</summary>
    public Dictionary<string, ShareInfo> Wanted { get; } = [];

    public async Task StartAsync(Func<PeerOptions, PeerOptions>? change = null)
    {
        var options = swarm.Options(this);
        Engine = await Peer.StartAsync(change?.Invoke(options) ?? options);
        Engine.EventRaised += (_, happened) =>
        {
            if (happened.Kind != PeerEventKind.TransferProgress) _events.Enqueue(happened.ToString()!);
        };
    }

    public Task<ShareInfo> PublishAsync(int length)
    {
        var path = swarm.PathOf($"{Name}.bin");
        var content = new byte[length];
        new Random(number).NextBytes(content);
        File.WriteAllBytes(path, content);
        return Engine!.PublishAsync(new PublishRequest { Name = Path.GetFileName(path), Path = path });
    }

    /// <summary>Begins to receive a share once the catalogue has it.</summary>
    public async Task ReceiveAsync(ShareInfo share)
    {
        Wanted[share.InfoHash] = share;
        await swarm.Until(() => Engine!.GetShares(new ShareQuery { InfoHash = share.InfoHash }).Count > 0, $"{share.Name} at {Name}");
        await Engine!.ReceiveAsync(new ReceiveRequest { InfoHash = share.InfoHash, Destination = swarm.PathOf("to-" + Name) });
    }

    /// <summary>The process ends without a word: all its connections break first.</summary>
    public async Task KillAsync()
    {
        if (Engine is null) return;
        foreach (var other in swarm.Hosts.Where(other => other != this)) swarm.Network.Cut(Address, other.Address);
        CheckNothingIsLost();
        await StopAsync();
        _completed.Clear();
    }

    public async Task StopAsync()
    {
        if (Engine is not { } engine) return;
        Engine = null;
        await engine.DisposeAsync();
    }

    /// <summary>What was verified stays verified as long as the process lives.</summary>
    public void CheckNothingIsLost()
    {
        foreach (var snapshot in Engine?.GetTransfers().Select(static transfer => transfer.GetSnapshot()).Where(static snapshot => snapshot.State == TransferState.Transferring) ?? [])
        {
            var before = _completed.GetValueOrDefault(snapshot.InfoHash);
            Assert.True(snapshot.BytesCompleted >= before, $"{Name} had {before} bytes of {snapshot.Name} and has {snapshot.BytesCompleted}.");
            _completed[snapshot.InfoHash] = snapshot.BytesCompleted;
        }
    }

    public bool HasAll() => Engine is { } engine && Wanted.Keys.All(share => engine.GetTransfers().Any(transfer => transfer.GetSnapshot() is var snapshot && snapshot.InfoHash == share && snapshot.State == TransferState.Completed));

    public void AssertCopies()
    {
        foreach (var share in Wanted.Values)
            Assert.Equal(File.ReadAllBytes(swarm.PathOf(share.Name)), File.ReadAllBytes(Path.Combine(swarm.PathOf("to-" + Name), share.Name)));
    }

    public string Describe() =>
        $"{Name} {(Engine is null ? "down" : string.Join(", ", Engine.GetTransfers().Select(transfer => transfer.GetSnapshot() is var one ? $"{one.Name} {one.State} {one.PercentComplete:0} % of {one.Sources} {one.Detail}" : "")))}\n    {string.Join("\n    ", _events.TakeLast(12))}";
}
