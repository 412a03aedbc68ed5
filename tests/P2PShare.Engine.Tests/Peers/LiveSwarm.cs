using P2PShare.Engine.Identity;

namespace P2PShare.Engine.Tests.Peers;

/// <summary>A throw-away swarm of real peers: TLS over loopback, files in a folder that goes with it.</summary>
internal sealed class LiveSwarm : IAsyncDisposable
{
    private readonly List<LivePeer> _peers = [];
    private readonly Lock _gate = new();

    public LiveSwarm(string name = "lab")
    {
        Folder = Directory.CreateTempSubdirectory("p2pshare-peers-").FullName;
        Info = SwarmFiles.Create(name, this["swarm"], overwrite: false, TimeProvider.System);
    }

    public string Folder { get; }

    public SwarmInfo Info { get; }

    public string StateRoot => this["state"];

    public string this[string relative] => Path.Combine(Folder, relative);

    public static string LocalAddress(int port) => "127.0.0.1:" + port;

    public PeerOptions Options(string name, params LivePeer[] connectTo) => new()
    {
        SwarmPath = Info.SwarmPath,
        Name = name,
        Port = 0,
        ListenAddress = "127.0.0.1",
        StateRoot = StateRoot,
        ConnectTo = [.. connectTo.Select(peer => peer.Address)],
        RandomSeed = 1,
        Discovery = false,
    };

    public Task<LivePeer> StartAsync(string name, params LivePeer[] connectTo) => StartAsync(Options(name, connectTo));

    public async Task<LivePeer> StartAsync(PeerOptions options)
    {
        var peer = new LivePeer(await Peer.StartAsync(options), this);
        lock (_gate) _peers.Add(peer);
        return peer;
    }

    /// <summary>A file with some content, reproducible by its seed.</summary>
    public string Write(string relative, int length, int seed)
    {
        var content = new byte[length];
        new Random(seed).NextBytes(content);
        return Write(relative, content);
    }

    public string Write(string relative, byte[] content)
    {
        var path = this[relative];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string NewFolder(string relative) => Directory.CreateDirectory(this[relative]).FullName;

    public async ValueTask DisposeAsync()
    {
        LivePeer[] peers;
        lock (_gate) peers = [.. _peers];
        await Task.WhenAll(peers.Select(peer => peer.DisposeAsync().AsTask()));
        Directory.Delete(Folder, recursive: true);
    }
}
