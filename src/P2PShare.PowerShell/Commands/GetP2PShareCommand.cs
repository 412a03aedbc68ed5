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
    private const string OfferedTypeName = "P2PShare.OfferedShare";

    [Parameter(ParameterSetName = NameSet, Position = 0)]
    [ArgumentCompleter(typeof(ShareNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>64 hexadecimal digits.</summary>
    [Parameter(ParameterSetName = InfoHashSet, Mandatory = true, ValueFromPipelineByPropertyName = true, HelpMessage = "64 hexadecimal digits, as Get-P2PShare shows them.")]
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

    /// <summary>Lists what other peers offer this one and was neither received nor declined.</summary>
    [Parameter]
    public SwitchParameter Offered { get; set; }

    private protected override void Process()
    {
        if (Offered)
        {
            ShowOffered();
            return;
        }

        var peers = WaitForCatalogues(LocalPeerSelector.All(Peer));
        if (peers.Count == 0) return;
        foreach (var pattern in ParameterSetName == NameSet ? Name : InfoHash)
        {
            var found = Find(peers, pattern, Publisher, AllVersions);
            foreach (var (_, share) in found) WriteObject(share);
            if (found.Count == 0 && !ShareSearch.IsWildcard(pattern)) WriteError(CatalogueErrors.ShareNotFound(pattern), pattern);
        }
    }

    private void ShowOffered()
    {
        var peers = WaitForCatalogues(LocalPeerSelector.All(Peer));
        if (peers.Count == 0) return;
        var offers = peers.SelectMany(p => p.Engine.GetOffers()).Where(s => Publisher is null || Matches(Publisher, s.Publisher, s.PublisherId)).ToList();
        foreach (var wanted in ParameterSetName == NameSet ? Name : InfoHash)
        {
            var found = offers.Where(s => Matches(wanted, s.Name, s.InfoHash)).ToList();
            foreach (var share in found)
            {
                // A view of its own: who offers it, and since when.
                var shown = PSObject.AsPSObject(share);
                if (!shown.TypeNames.Contains(OfferedTypeName)) shown.TypeNames.Insert(0, OfferedTypeName);
                WriteObject(shown);
            }

            if (found.Count == 0 && !ShareSearch.IsWildcard(wanted)) WriteError(CatalogueErrors.ShareNotOfferedHere(wanted), wanted);
        }
    }

    private static bool Matches(string wanted, string name, string id) =>
        new Engine.Catalogue.WildcardPattern(wanted).IsMatch(name) || wanted.Equals(name, StringComparison.OrdinalIgnoreCase) || wanted.Equals(id, StringComparison.OrdinalIgnoreCase);
}
