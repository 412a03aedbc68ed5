using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using P2PShare.Engine.Catalogue;
using P2PShare.PowerShell.Views;

namespace P2PShare.PowerShell.Completion;

/// <summary>Completes the names of shares from the catalogue, which is local.</summary>
public sealed class ShareNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        CompletionText.Complete(
            wordToComplete,
            CompletionPeers.Meant(fakeBoundParameters).SelectMany(p => p.Engine.GetShares(new ShareQuery())).Select(s => (s.Name, $"{s.Name}, {DisplayText.Size(s.Length)}, by {s.Publisher}")),
            wildcards: true);
}
