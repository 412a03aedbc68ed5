using System.Management.Automation;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;

namespace P2PShare.PowerShell.Commands;

/// <summary>Signs a leaf for one machine, which can then join without being able to let others in.</summary>
[Cmdlet(VerbsCommon.New, "P2PPeerCertificate", SupportsShouldProcess = true)]
[OutputType(typeof(SwarmInfo))]
public sealed class NewP2PPeerCertificateCommand : P2PCmdlet
{
    /// <summary>The peer names, one certificate each.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, HelpMessage = "The name of the machine.")]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    [Parameter(Mandatory = true, Position = 1, HelpMessage = "The path of the administrator's file, NAME.admin.pem.")]
    [ValidateNotNullOrEmpty]
    public string AdminPath { get; set; } = "";

    /// <summary>The folder NAME.peer.pem is written to.</summary>
    [Parameter(Position = 2)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ".";

    [Parameter]
    public SwarmRole Role { get; set; } = SwarmRole.Member;

    /// <summary>How long it lives; one year when not given, and at most as long as the swarm's root.</summary>
    [Parameter]
    public TimeSpan? Validity { get; set; }

    /// <summary>Replaces a file that is there already.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void Process()
    {
        var admin = ProviderPaths.Literal(this, AdminPath);
        var folder = ProviderPaths.Literal(this, Path);
        foreach (var name in Name)
        {
            var file = System.IO.Path.Combine(folder, name + ".peer.pem");
            if (!ShouldProcess(file, $"Make a certificate for the peer '{name}'")) continue;
            try
            {
                WriteObject(SwarmFiles.CreatePeerCertificate(admin, name, Role, Validity, file, Force, TimeProvider.System));
            }
            catch (P2PShareException e)
            {
                WriteError(e, name);
            }
        }
    }
}
