using P2PShare.Engine.Diagnostics;

namespace P2PShare.Engine;

/// <summary>Starts peers.</summary>
public static class Peer
{
    /// <summary>Starts a peer: reads the swarm file, takes the state directory, listens, and begins to join; returns as soon as it listens.</summary>
    /// <exception cref="Errors.P2PShareException">Any failure of the swarm file, certificate, state directory or port.</exception>
    public static async Task<IPeer> StartAsync(PeerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return await SwarmPeer.StartAsync(options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks at what a peer would need on this machine, without one: one result for each thing that was checked, as it is known.</summary>
    public static IAsyncEnumerable<CheckResult> TestAsync(CheckOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return MachineChecks.RunAsync(options, TimeProvider.System, cancellationToken);
    }
}
