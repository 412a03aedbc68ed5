using System.Collections.Immutable;
using P2PShare.Engine;

namespace P2PShare.PowerShell.Jobs;

/// <summary>
/// The peers that run in this process. Jobs belong to one session and die with it; peers are seen from all runspaces,
/// so this list is the process's and the only thing here that is static and changes.
/// </summary>
internal static class LocalPeers
{
    private static readonly Lazy<ProcessGoodbye> Goodbye = new(static () => new ProcessGoodbye());
    private static ImmutableArray<LocalPeer> _running = [];

    /// <summary>In the order they were started.</summary>
    public static ImmutableArray<LocalPeer> All => ImmutableInterlocked.InterlockedCompareExchange(ref _running, default, default);

    /// <summary>By peer id; null when it does not run here.</summary>
    public static LocalPeer? Find(string peerId) => All.FirstOrDefault(p => p.PeerId.Equals(peerId, StringComparison.OrdinalIgnoreCase));

    public static LocalPeer Add(IPeer engine)
    {
        _ = Goodbye.Value;
        var peer = new LocalPeer(engine);
        ImmutableInterlocked.Update(ref _running, static (list, added) => list.Add(added), peer);
        peer.Watch(static p => ImmutableInterlocked.Update(ref _running, static (list, removed) => list.Remove(removed), p));
        return peer;
    }

    /// <summary>Stops a peer, and ends when its job shows that.</summary>
    public static async Task StopAsync(LocalPeer peer, CancellationToken cancellationToken)
    {
        await peer.Engine.StopAsync(cancellationToken).ConfigureAwait(false);
        await peer.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public static Task StopAllAsync() => Task.WhenAll(All.Select(p => StopAsync(p, CancellationToken.None)));
}
