using System.Management.Automation;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transfers;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;
using WildcardPattern = System.Management.Automation.WildcardPattern;

namespace P2PShare.PowerShell.Commands;

/// <summary>Lists the transfers of the peers of this process, newest first; or which peer of the swarm has how much of a share.</summary>
[Cmdlet(VerbsCommon.Get, "P2PTransfer", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TransferInfo), ParameterSetName = [NameSet, TransferIdSet, InfoHashSet, PeerSet])]
[OutputType(typeof(PeerProgress), ParameterSetName = [AllPeersSet, AllPeersInfoHashSet])]
public sealed class GetP2PTransferCommand : CatalogueCmdlet
{
    private const string NameSet = "Name";
    private const string TransferIdSet = "TransferId";
    private const string InfoHashSet = "InfoHash";
    private const string AllPeersSet = "AllPeers";
    private const string PeerSet = "Peer";

    // Shares come by their info-hash: were their text taken from the pipe, whatever is piped would be taken for a share.
    private const string AllPeersInfoHashSet = "AllPeersInfoHash";

    /// <summary>Names of shares.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 0)]
    [ArgumentCompleter(typeof(TransferCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    [Parameter(ParameterSetName = TransferIdSet, Mandatory = true, ValueFromPipelineByPropertyName = true, HelpMessage = "A transfer's id, as Get-P2PTransfer shows it.")]
    [ArgumentCompleter(typeof(TransferCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] TransferId { get; set; } = [];

    /// <summary>64 hexadecimal digits. A transfer from the pipe has one too; its id is the more exact.</summary>
    [Parameter(ParameterSetName = InfoHashSet, Mandatory = true, ValueFromPipelineByPropertyName = true, HelpMessage = "64 hexadecimal digits, as Get-P2PShare shows them.")]
    [Parameter(ParameterSetName = TransferIdSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = AllPeersInfoHashSet, Mandatory = true, ValueFromPipelineByPropertyName = true, HelpMessage = "64 hexadecimal digits, as Get-P2PShare shows them.")]
    [ValidateNotNullOrEmpty]
    public string[] InfoHash { get; set; } = [];

    /// <summary>A share's name or info-hash, or the share itself.</summary>
    [Parameter(ParameterSetName = AllPeersSet, Mandatory = true, HelpMessage = "The name of a share.")]
    [ArgumentCompleter(typeof(ShareNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Share { get; set; } = [];

    /// <summary>Shows how far every peer of the swarm is with the share, instead of this process's transfers.</summary>
    [Parameter(ParameterSetName = AllPeersSet, Mandatory = true, HelpMessage = "Shows each peer of the swarm instead of local transfers.")]
    [Parameter(ParameterSetName = AllPeersInfoHashSet, Mandatory = true, HelpMessage = "Shows each peer of the swarm instead of local transfers.")]
    public SwitchParameter AllPeers { get; set; }

    // Not by property name for a name, which is the default: the binder would settle for it, and list everything.
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = AllPeersSet)]
    [Parameter(ParameterSetName = TransferIdSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = InfoHashSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = AllPeersInfoHashSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = PeerSet, Mandatory = true, ValueFromPipelineByPropertyName = true, HelpMessage = "The name of a peer of this process.")]
    [Alias("PeerId")]
    [ArgumentCompleter(typeof(LocalPeerCompleter))]
    [ValidateNotNull]
    public override object? Peer { get; set; }

    private protected override void Process()
    {
        if (AllPeers)
        {
            ShowAllPeers();
            return;
        }

        var all = LocalPeerSelector.All(Peer).SelectMany(p => p.Engine.GetTransfers()).Select(t => t.GetSnapshot()).ToList();
        switch (ParameterSetName)
        {
            case TransferIdSet:
                foreach (var id in TransferId) Show(all.Where(t => t.TransferId.Equals(id, StringComparison.OrdinalIgnoreCase)), id, mustExist: true);
                break;
            case InfoHashSet:
                foreach (var hash in InfoHash) Show(all.Where(t => t.InfoHash.Equals(hash, StringComparison.OrdinalIgnoreCase)), hash, mustExist: false);
                break;
            default:
                if (Name is null) WriteObject(all, enumerateCollection: true);
                else foreach (var name in Name) ShowNamed(all, name);
                break;
        }
    }

    private void ShowAllPeers()
    {
        var peers = WaitForCatalogues(LocalPeerSelector.All(Peer));
        if (peers.Count == 0) return;
        foreach (var pattern in ParameterSetName == AllPeersSet ? Share : InfoHash)
        {
            var found = Find(peers, pattern, publisher: null, allVersions: false).DistinctBy(match => (match.Peer.SwarmId, match.Share.InfoHash)).ToList();
            if (found.Count == 0 && !ShareSearch.IsWildcard(pattern)) WriteError(CatalogueErrors.ShareNotFound(pattern), pattern);
            foreach (var (peer, share) in found) WriteObject(Run(token => peer.Engine.GetShareProgressAsync(share.InfoHash, token)), enumerateCollection: true);
        }
    }

    private void ShowNamed(List<TransferInfo> all, string name)
    {
        var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase);
        var named = all.Where(t => pattern.IsMatch(t.Name) || t.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || t.InfoHash.Equals(name, StringComparison.OrdinalIgnoreCase));
        Show(named, name, mustExist: !WildcardPattern.ContainsWildcardCharacters(name));
    }

    private void Show(IEnumerable<TransferInfo> transfers, string wanted, bool mustExist)
    {
        var found = transfers.ToList();
        WriteObject(found, enumerateCollection: true);
        if (found.Count == 0 && mustExist)
            WriteError(new P2PShareException(ErrorKind.ObjectNotFound, ErrorIds.TransferNotFound, $"There is no transfer '{wanted}' in this process.", wanted, "Get-P2PTransfer lists those there are."));
    }
}
