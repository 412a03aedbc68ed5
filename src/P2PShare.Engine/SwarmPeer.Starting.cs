using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;
using P2PShare.Engine.Mirroring;
using P2PShare.Engine.Offers;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transport;

namespace P2PShare.Engine;

// How a peer comes about. What takes longest is to prove the swarm file and the peer's own leaf, since .NET reads all the
// authorities of a Linux machine before it builds the first chain. So the peer is put together meanwhile, and it answers
// and dials nobody until the proof is there. When it does not come, all is done again one after the other, which finds out
// what is wrong or mends it.
internal sealed partial class SwarmPeer
{
    public static async Task<SwarmPeer> StartAsync(PeerOptions options, CancellationToken cancellationToken)
    {
        if (AcceptRule.Of(options) is { } accept) WritableFolder.Require(accept.Folder, ErrorIds.AcceptPathNotWritable);
        if (MirrorRule.Of(options) is { } mirror) WritableFolder.Require(mirror.Folder, ErrorIds.MirrorPathNotWritable);
        // In a simulation everything happens in one order.
        var begun = options.Network is null ? await TryStartAsync(options, proveLater: true, cancellationToken).ConfigureAwait(false) : null;
        return begun
            ?? await TryStartAsync(options, proveLater: false, cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidOperationException("What is proved at once cannot lack a proof.");
    }

    /// <param name="proveLater">Proves the swarm file and the leaf while the rest is made.</param>
    /// <returns>Null when that proof failed.</returns>
    private static async Task<SwarmPeer?> TryStartAsync(PeerOptions options, bool proveLater, CancellationToken cancellationToken)
    {
        var credentials = PeerComposition.LoadCredentials(options, proveLater);
        var proof = proveLater ? Task.Run(credentials.Content.IsProved, CancellationToken.None) : Task.FromResult(true);
        var selfTest = Task.CompletedTask;
        StateDirectory? state = null;
        PeerIdentity? identity = null;
        SwarmPeer? peer = null;
        try
        {
            var name = PeerComposition.ChooseName(credentials, options);
            state = Identity.StateDirectory.Acquire(options.StateRoot, credentials.SwarmName, credentials.SwarmId, name);
            var opened = identity = PeerIdentity.Open(credentials, state.Path, options.TimeProvider, proveLater);
            if (proveLater) proof = BothAsync(proof, Task.Run(opened.IsProved, CancellationToken.None));
            if (options.Network is null) selfTest = Task.Run(() => TlsSelfTest.RunAsync(opened, options.TimeProvider, cancellationToken), CancellationToken.None);
            peer = new SwarmPeer(options, state, identity, name ?? state.PeerName);
            if (await proof.ConfigureAwait(false))
            {
                await selfTest.ConfigureAwait(false);
                peer.Start();
                return peer;
            }
        }
        catch
        {
            // The certificates are looked at before anything else is complained of.
            if (!await AbandonAsync(proof, selfTest, peer, identity, credentials, state).ConfigureAwait(false)) return null;
            throw;
        }

        await AbandonAsync(proof, selfTest, peer, identity, credentials, state).ConfigureAwait(false);
        return null;
    }

    private static async Task<bool> BothAsync(Task<bool> one, Task<bool> other) => await one.ConfigureAwait(false) & await other.ConfigureAwait(false);

    /// <summary>Lets go of all that was made for a start that failed, once nothing uses it any more; returns what the proof came to.</summary>
    private static async Task<bool> AbandonAsync(Task<bool> proof, Task selfTest, SwarmPeer? peer, PeerIdentity? identity, SwarmCredentials credentials, StateDirectory? state)
    {
        var isProved = await proof.ConfigureAwait(false);
        await selfTest.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (peer is not null) await peer.CloseAsync().ConfigureAwait(false);
        identity?.Dispose();
        if (identity is null) credentials.Dispose();
        state?.Dispose();
        return isProved;
    }

    /// <summary>Closes what has not begun to run.</summary>
    private async Task CloseAsync()
    {
        await _transfers.DisposeAsync().ConfigureAwait(false);
        await _transport.DisposeAsync().ConfigureAwait(false);
        await _membership.DisposeAsync().ConfigureAwait(false);
        _hashing.Dispose();
        _handles.Dispose();
        await _eventQueue.DisposeAsync().ConfigureAwait(false);
    }
}
