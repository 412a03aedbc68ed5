using System.Management.Automation;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transfers;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>Lists the transfers of the peers of this process, newest first.</summary>
[Cmdlet(VerbsCommon.Get, "P2PTransfer", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TransferInfo))]
public sealed class GetP2PTransferCommand : PeerCmdlet
{
    private const string NameSet = "Name";
    private const string TransferIdSet = "TransferId";
    private const string InfoHashSet = "InfoHash";

    /// <summary>Names of shares.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 0)]
    [ArgumentCompleter(typeof(TransferCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    [Parameter(ParameterSetName = TransferIdSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(TransferCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] TransferId { get; set; } = [];

    /// <summary>64 hexadecimal digits. A transfer from the pipe has one too; its id is the more exact.</summary>
    [Parameter(ParameterSetName = InfoHashSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = TransferIdSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] InfoHash { get; set; } = [];

    private protected override void Process()
    {
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
