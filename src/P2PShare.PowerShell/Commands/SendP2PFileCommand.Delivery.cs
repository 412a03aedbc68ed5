using System.Management.Automation;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

// -To, -Wait, -Copies: whom the shares are meant for, and waiting until they have them.
public sealed partial class SendP2PFileCommand
{
    private static readonly TimeSpan CataloguePatience = TimeSpan.FromSeconds(30);

    /// <summary>Offers the shares to these peers: names, peer ids, or PeerInfo objects. Wildcards stand for peers that are in the swarm now.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PeerNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? To { get; set; }

    /// <summary>Waits until all of them (without -To: all peers that are in the swarm at the start) have all of it, or have declined.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>Waits until this many other peers have all of it.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int? Copies { get; set; }

    /// <summary>With -Wait or -Copies: how many seconds to wait; for as long as it takes when not given.</summary>
    [Parameter]
    [ValidateRange(1, 2_000_000)]
    public int? TimeoutSec { get; set; }

    /// <returns>Null when there is nobody to send to.</returns>
    private SendDelivery? FindRecipients(LocalPeer peer)
    {
        IReadOnlyList<PeerInfo> peers = [];
        if (To is not null || Wait)
        {
            Run((_, token) => peer.Engine.WaitForCatalogueAsync(CataloguePatience, token));
            var found = peer.Engine.FindPeers(To ?? ["*"]);
            if (To is not null) foreach (var error in found.Errors) WriteError(error, error.Target);
            peers = found.Peers;
            if (To is not null && peers.Count == 0) return null;
        }

        return new SendDelivery(peer, peers, To is not null, Wait, Copies, TimeoutSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
    }

    private void CheckWait()
    {
        if (TimeoutSec is not null && !Wait && Copies is null)
            throw new P2PShareException(ErrorKind.InvalidArgument, CmdletErrorIds.TimeoutNeedsWait, "-TimeoutSec says how long to wait, so it needs -Wait or -Copies.", TimeoutSec);
    }
}
