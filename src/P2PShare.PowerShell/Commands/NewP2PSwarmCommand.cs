using System.Management.Automation;
using P2PShare.Engine.Identity;

namespace P2PShare.PowerShell.Commands;

/// <summary>Makes a swarm: its admin file, which stays at home, and its swarm file, which goes to the machines.</summary>
[Cmdlet(VerbsCommon.New, "P2PSwarm", SupportsShouldProcess = true)]
[OutputType(typeof(SwarmInfo))]
public sealed class NewP2PSwarmCommand : P2PCmdlet
{
    [Parameter(Mandatory = true, Position = 0, HelpMessage = "A name for the swarm: letters, digits, - _ and .")]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>The folder the two files are written to; made when missing.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ".";

    /// <summary>Replaces files that are there already.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void End()
    {
        var folder = ProviderPaths.Literal(this, Path);
        if (ShouldProcess(folder, $"Make the swarm files {Name}.admin.pem and {Name}.swarm.pem"))
            WriteObject(SwarmFiles.Create(Name, folder, Force, TimeProvider.System));
    }
}
