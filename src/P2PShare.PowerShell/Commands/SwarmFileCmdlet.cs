using System.Management.Automation;
using System.Security;

namespace P2PShare.PowerShell.Commands;

/// <summary>Base of the cmdlets that bring up a peer of a swarm: what says where it listens and keeps its state.</summary>
public abstract class SwarmFileCmdlet : P2PCmdlet
{
    private protected const string SwarmPathSet = "SwarmPath";
    private protected const string SwarmKeySet = "SwarmKey";

    /// <summary>The text of a swarm or peer file, for machines on which it is not to stand; it is kept in memory alone.</summary>
    [Parameter(ParameterSetName = SwarmKeySet, Mandatory = true, HelpMessage = SwarmKeyText.HelpMessage)]
    [ValidateNotNull]
    public SecureString? SwarmKey { get; set; }

    /// <summary>The TCP port; 0 for any free one.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    public int? Port { get; set; }

    /// <summary>The address of this machine to listen on, and the only one told to others; all when it is left out.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ListenAddress { get; set; }

    /// <summary>The folder that holds the state of this user's peers.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    private protected string? StateRoot => StatePath is null ? null : ProviderPaths.Literal(this, StatePath);
}
