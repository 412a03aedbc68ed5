using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using P2PShare.PowerShell.Views;

namespace P2PShare.PowerShell.Completion;

/// <summary>Completes names or ids of the transfers of this process, by the name of the parameter.</summary>
public sealed class TransferCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var byId = parameterName.Equals("TransferId", StringComparison.OrdinalIgnoreCase);
        var transfers = CompletionPeers.Meant(fakeBoundParameters).SelectMany(p => p.Engine.GetTransfers()).Select(t => t.GetSnapshot());
        return CompletionText.Complete(
            wordToComplete,
            transfers.Select(t => (byId ? t.TransferId : t.Name, $"{t.Name}, {t.State}, {DisplayText.Percent(t.PercentComplete)} of {DisplayText.Size(t.Length)}")),
            wildcards: !byId);
    }
}
