using System.Management.Automation;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>Stops peers of this process: they say goodbye and flush what they have.</summary>
[Cmdlet(VerbsLifecycle.Stop, "P2PPeer", SupportsShouldProcess = true)]
[OutputType(typeof(PeerInfo))]
public sealed class StopP2PPeerCommand : P2PCmdlet
{
    /// <summary>Names (wildcards allowed), PeerInfo objects or jobs; with one running peer it is implied.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(LocalPeerCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[]? Peer { get; set; }

    /// <summary>Emits the last state of each stopped peer.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process()
    {
        if (Peer is null)
        {
            Stop([LocalPeerSelector.One(null)]);
            return;
        }

        foreach (var reference in Peer)
        {
            try
            {
                Stop(LocalPeerSelector.All(reference));
            }
            catch (P2PShareException e)
            {
                WriteError(e, reference);
            }
        }
    }

    private void Stop(IReadOnlyList<LocalPeer> peers)
    {
        foreach (var peer in peers)
        {
            if (!ShouldProcess($"{peer.Name} ({peer.Engine.SwarmName})", "Stop the peer")) continue;
            Run((_, token) => LocalPeers.StopAsync(peer, token));
            if (PassThru) WriteObject(peer.Engine.GetSelf());
        }
    }
}
