using System.Management.Automation;
using P2PShare.Engine.Catalogue;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>Lists the catalogue: what is shared in the swarm.</summary>
[Cmdlet(VerbsCommon.Get, "P2PShare", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ShareInfo))]
public sealed class GetP2PShareCommand : CatalogueCmdlet
{
    private const string NameSet = "Name";
    private const string InfoHashSet = "InfoHash";

    [Parameter(ParameterSetName = NameSet, Position = 0)]
    [ArgumentCompleter(typeof(ShareNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>64 hexadecimal digits.</summary>
    [Parameter(ParameterSetName = InfoHashSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] InfoHash { get; set; } = [];

    /// <summary>The publisher's name or peer id.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PeerNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string? Publisher { get; set; }

    /// <summary>Lists superseded versions too.</summary>
    [Parameter]
    public SwitchParameter AllVersions { get; set; }

    private protected override void Process()
    {
        var peers = WaitForCatalogues(LocalPeerSelector.All(Peer));
        if (peers.Count == 0) return;
        foreach (var pattern in ParameterSetName == NameSet ? Name : InfoHash)
        {
            var found = Find(peers, pattern, Publisher, AllVersions);
            foreach (var (_, share) in found) WriteObject(share);
            if (found.Count == 0 && !ShareSearch.IsWildcard(pattern)) WriteError(CatalogueErrors.ShareNotFound(pattern), pattern);
        }
    }
}
