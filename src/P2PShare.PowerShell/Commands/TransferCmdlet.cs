using System.Management.Automation;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transfers;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;
using WildcardPattern = System.Management.Automation.WildcardPattern;

namespace P2PShare.PowerShell.Commands;

/// <summary>Base of the cmdlets that do something with transfers of this process: by name, by id, or from the pipe.</summary>
public abstract class TransferCmdlet : PeerCmdlet
{
    private protected const string NameSet = "Name";
    private protected const string InputObjectSet = "InputObject";
    private protected const string TransferIdSet = "TransferId";

    /// <summary>Names or info-hashes of shares.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0, HelpMessage = "The name of the share; wildcards are permitted.")]
    [ArgumentCompleter(typeof(TransferCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public virtual string[]? Name { get; set; }

    [Parameter(ParameterSetName = InputObjectSet, Mandatory = true, ValueFromPipeline = true, HelpMessage = "A transfer, from Get-P2PTransfer.")]
    [ValidateNotNullOrEmpty]
    public TransferInfo[] InputObject { get; set; } = [];

    [Parameter(ParameterSetName = TransferIdSet, Mandatory = true, ValueFromPipelineByPropertyName = true, HelpMessage = "The id of the transfer, from Get-P2PTransfer.")]
    [ArgumentCompleter(typeof(TransferCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] TransferId { get; set; } = [];

    // Not by property name for a name: see Receive-P2PFile.
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = InputObjectSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = TransferIdSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PeerId")]
    [ArgumentCompleter(typeof(LocalPeerCompleter))]
    [ValidateNotNull]
    public override object? Peer { get; set; }

    /// <summary>Whether <paramref name="exact"/> transfers alone are wanted, or whatever of those that match it can be done with.</summary>
    private protected sealed record Selected(ITransfer Transfer, TransferInfo Before, bool Exact);

    /// <summary>What this record of the pipeline means; an error is written for what does not exist.</summary>
    private protected IReadOnlyList<Selected> Select()
    {
        var all = Peers().SelectMany(p => p.Engine.GetTransfers()).Select(t => (Transfer: t, Before: t.GetSnapshot())).ToList();
        switch (ParameterSetName)
        {
            case TransferIdSet:
                return [.. TransferId.SelectMany(id => Require(all.Where(t => IsId(t.Before, id)), id, mustExist: true, exact: true))];
            case InputObjectSet:
                return [.. InputObject.SelectMany(i => Require(all.Where(t => IsId(t.Before, i.TransferId) && t.Before.PeerId == i.PeerId), i, mustExist: true, exact: false))];
            default:
                return Name is null ? [.. all.Select(t => new Selected(t.Transfer, t.Before, Exact: false))] : [.. Name.SelectMany(n => SelectNamed(all, n))];
        }
    }

    private List<Selected> SelectNamed(List<(ITransfer Transfer, TransferInfo Before)> all, string name)
    {
        var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase);
        var exact = !WildcardPattern.ContainsWildcardCharacters(name);
        var named = all.Where(t =>
            pattern.IsMatch(t.Before.Name)
            || t.Before.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
            || t.Before.InfoHash.Equals(name, StringComparison.OrdinalIgnoreCase));
        return Require(named, name, mustExist: exact, exact);
    }

    // A transfer has its peer's id; given by hand, several local peers may be meant.
    private IReadOnlyList<LocalPeer> Peers()
    {
        if (ParameterSetName == InputObjectSet && Peer is null) return LocalPeers.All;
        return LocalPeerSelector.All(Peer);
    }

    private List<Selected> Require(IEnumerable<(ITransfer Transfer, TransferInfo Before)> found, object wanted, bool mustExist, bool exact)
    {
        List<Selected> selected = [.. found.Select(t => new Selected(t.Transfer, t.Before, exact))];
        if (selected.Count == 0 && mustExist)
        {
            var name = wanted is TransferInfo info ? info.Name : wanted;
            WriteError(new P2PShareException(ErrorKind.ObjectNotFound, ErrorIds.TransferNotFound, $"There is no transfer '{name}' in this process.", wanted, "Get-P2PTransfer lists those there are."));
        }

        return selected;
    }

    private static bool IsId(TransferInfo transfer, string id) => transfer.TransferId.Equals(id, StringComparison.OrdinalIgnoreCase);
}
