using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace P2PShare.PowerShell.Completion;

/// <summary>Completes the names in the rosters of the peers of this process.</summary>
public sealed class PeerNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        CompletionText.Complete(
            wordToComplete,
            CompletionPeers.Meant(fakeBoundParameters).SelectMany(p => p.Engine.GetPeers()).Select(i => (i.Name, $"{i.Name}, {i.Role}, {i.State}")),
            wildcards: true);
}
