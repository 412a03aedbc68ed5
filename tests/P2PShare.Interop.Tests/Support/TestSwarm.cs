using System.Collections.Concurrent;
using P2PShare.Engine;
using P2PShare.Engine.Identity;
using P2PShare.Engine.Membership;

namespace P2PShare.Interop.Tests.Support;

/// <summary>A throw-away swarm on loopback, with a folder for its test.</summary>
internal sealed class TestSwarm : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly List<IPeer> _peers = [];
    private readonly ConcurrentDictionary<IPeer, ConcurrentQueue<PeerEvent>> _events = new();
    private readonly string _swarmPath;

    public TestSwarm()
    {
        SwarmFiles.Create("interop", Folder["swarm"], overwrite: false, TimeProvider.System);
        _swarmPath = Folder["swarm/interop.swarm.pem"];
    }

    public TestFolder Folder { get; } = new();

    /// <summary>Starts a peer; it joins at the peers that run.</summary>
    public async Task<IPeer> StartPeerAsync(string name)
    {
        var peer = await Peer.StartAsync(new PeerOptions
        {
            Discovery = false,
            SwarmPath = _swarmPath,
            Name = name,
            Port = 0,
            ListenAddress = "127.0.0.1",
            StateRoot = Folder["state"],
            ConnectTo = [.. _peers.Where(other => other.State != PeerState.Stopped).Select(other => $"127.0.0.1:{other.Port}")],
        });
        var events = _events[peer] = new ConcurrentQueue<PeerEvent>();
        peer.EventRaised += (_, happened) => events.Enqueue(happened);
        _peers.Add(peer);
        await peer.WaitForCatalogueAsync(Bound);
        return peer;
    }

    /// <summary>Waits for an event of a peer.</summary>
    public async Task<PeerEvent> WaitForEventAsync(IPeer peer, Func<PeerEvent, bool> wanted)
    {
        PeerEvent? found = null;
        await UntilAsync(() => (found = _events[peer].FirstOrDefault(wanted)) is not null, () => string.Join('\n', _events[peer]));
        return found!;
    }

    /// <summary>What a peer has said so far.</summary>
    public IReadOnlyCollection<PeerEvent> EventsOf(IPeer peer) => _events[peer];

    /// <summary>Waits for a condition; the bound is generous and only ends a test that would hang.</summary>
    public static async Task UntilAsync(Func<bool> condition, Func<string>? describe = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Bound) Assert.Fail("The condition did not come true.\n" + describe?.Invoke());
            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var peer in _peers) await peer.DisposeAsync();
        Folder.Dispose();
    }
}
