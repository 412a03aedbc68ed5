using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Completion;

/// <summary>Completes the names of the peers of this process.</summary>
public sealed class LocalPeerCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        CompletionText.Complete(wordToComplete, LocalPeers.All.Select(p => (p.Name, $"{p.Name}, swarm {p.Engine.SwarmName}, port {p.Engine.Port}")), wildcards: false);
}
