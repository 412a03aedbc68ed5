using System.Management.Automation;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.PowerShell.Bridge;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>Base of the cmdlets that need the swarm's catalogue, and wait for it.</summary>
public abstract class CatalogueCmdlet : PeerCmdlet
{
    /// <summary>How many seconds to wait until the peer has the catalogue, or knows that it is alone.</summary>
    [Parameter]
    [ValidateRange(0, 2_000_000)]
    public int TimeoutSec { get; set; } = 30;

    private protected TimeSpan Timeout => TimeSpan.FromSeconds(TimeoutSec);

    /// <summary>The peers among <paramref name="peers"/> that have their catalogue; an error is written for each other one.</summary>
    private protected IReadOnlyList<LocalPeer> WaitForCatalogues(IReadOnlyList<LocalPeer> peers)
    {
        var ready = new List<LocalPeer>(peers.Count);
        Run(async (output, token) =>
        {
            var waits = peers.Select(p => (Peer: p, Wait: p.Engine.WaitForCatalogueAsync(Timeout, token))).ToList();
            foreach (var (peer, wait) in waits)
            {
                try
                {
                    await wait.ConfigureAwait(false);
                    ready.Add(peer);
                }
                catch (P2PShareException e)
                {
                    await output.WriteErrorAsync(e, peer.Name).ConfigureAwait(false);
                }
            }
        });
        return ready;
    }

    /// <summary>
    /// The shares of <paramref name="peers"/> that match one pattern, name or info-hash; a share that several local peers
    /// of one swarm know is listed once.
    /// </summary>
    private protected static IReadOnlyList<(LocalPeer Peer, ShareInfo Share)> Find(IReadOnlyList<LocalPeer> peers, string pattern, string? publisher, bool allVersions)
    {
        var seen = new HashSet<(string, string, string, long)>();
        var found = new List<(LocalPeer, ShareInfo)>();
        foreach (var peer in peers)
        {
            foreach (var share in ShareSearch.Find(peer.Engine.GetShares, pattern, publisher, allVersions))
                if (seen.Add((peer.SwarmId, share.InfoHash, share.PublisherId, share.Version))) found.Add((peer, share));
        }

        return found;
    }
}
