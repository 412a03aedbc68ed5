using System.Management.Automation;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>Stops offering shares; by their publisher they are withdrawn from the swarm. Files stay where they are.</summary>
[Cmdlet(VerbsCommon.Remove, "P2PShare", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
public sealed class RemoveP2PShareCommand : CatalogueCmdlet
{
    private const string NameSet = "Name";
    private const string InputObjectSet = "InputObject";
    private const string InfoHashSet = "InfoHash";

    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [ArgumentCompleter(typeof(ShareNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = [];

    [Parameter(ParameterSetName = InputObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public ShareInfo[] InputObject { get; set; } = [];

    /// <summary>64 hexadecimal digits.</summary>
    [Parameter(ParameterSetName = InfoHashSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] InfoHash { get; set; } = [];

    // By property name only where an object from the pipe is wanted: see Receive-P2PFile.
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = InputObjectSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = InfoHashSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PeerId")]
    [ArgumentCompleter(typeof(LocalPeerCompleter))]
    [ValidateNotNull]
    public override object? Peer { get; set; }

    private protected override void Process()
    {
        if (ParameterSetName == InputObjectSet)
        {
            foreach (var share in InputObject) Remove(LocalPeerSelector.One(Peer ?? share.PeerId), share);
            return;
        }

        var peers = WaitForCatalogues([LocalPeerSelector.One(Peer)]);
        if (peers.Count == 0) return;
        foreach (var pattern in ParameterSetName == NameSet ? Name : InfoHash)
        {
            // A wildcard means what this peer offers, not all that the swarm does.
            var offered = Find(peers, pattern, null, allVersions: false).Where(f => IsOffered(f.Peer, f.Share)).ToList();
            foreach (var (peer, share) in offered) Remove(peer, share);
            if (offered.Count == 0 && !ShareSearch.IsWildcard(pattern)) WriteError(CatalogueErrors.ShareNotOffered(pattern), pattern);
        }
    }

    private static bool IsOffered(LocalPeer peer, ShareInfo share) =>
        share.IsLocal || share.LocalPath is not null || share.PublisherId.Equals(peer.PeerId, StringComparison.OrdinalIgnoreCase);

    private void Remove(LocalPeer peer, ShareInfo share)
    {
        if (share.OfferedBy is { Length: > 0 } publisher)
        {
            Decline(peer, share, publisher);
            return;
        }

        var withdraws = share.PublisherId.Equals(peer.PeerId, StringComparison.OrdinalIgnoreCase);
        if (!ShouldProcess($"{share.Name} ({share.InfoHash})", withdraws ? "Withdraw the share from the swarm" : "Stop offering the share from this peer")) return;
        try
        {
            Run((_, token) => peer.Engine.RemoveShareAsync(share.InfoHash, token));
        }
        catch (P2PShareException e)
        {
            WriteError(e, share);
        }
    }

    private void Decline(LocalPeer peer, ShareInfo share, string publisher)
    {
        if (!ShouldProcess($"{share.Name} ({share.InfoHash})", $"Decline what '{publisher}' offers")) return;
        try
        {
            peer.Engine.DeclineOffer(share.InfoHash);
        }
        catch (P2PShareException e)
        {
            WriteError(e, share);
        }
    }
}
