using System.Management.Automation;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>Base of the cmdlets that work through a peer of this process.</summary>
public abstract class PeerCmdlet : P2PCmdlet
{
    /// <summary>
    /// The local peer: its name, its PeerInfo or its job. Piped objects carry the id of the peer they come from.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("PeerId")]
    [ArgumentCompleter(typeof(LocalPeerCompleter))]
    [ValidateNotNull]
    public virtual object? Peer { get; set; }

    private protected override void Begin()
    {
        // Before anything upstream has worked in vain.
        if (LocalPeers.All.IsEmpty) throw LocalPeerSelector.NoneRunning();
    }
}
