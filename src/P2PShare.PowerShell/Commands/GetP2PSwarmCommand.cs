using System.Management.Automation;
using System.Security;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;

namespace P2PShare.PowerShell.Commands;

/// <summary>Shows what swarm, admin and peer files say; without a path, the user's own default swarm.</summary>
[Cmdlet(VerbsCommon.Get, "P2PSwarm", DefaultParameterSetName = PathSet)]
[OutputType(typeof(SwarmInfo))]
public sealed class GetP2PSwarmCommand : P2PCmdlet
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const string SwarmKeySet = "SwarmKey";

    [Parameter(ParameterSetName = PathSet, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    [Parameter(ParameterSetName = LiteralPathSet, Mandatory = true, ValueFromPipelineByPropertyName = true, HelpMessage = "The path of a swarm, admin or peer file.")]
    [Alias("PSPath", "LP", "SwarmPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The text of such a file.</summary>
    [Parameter(ParameterSetName = SwarmKeySet, Mandatory = true, HelpMessage = SwarmKeyText.HelpMessage)]
    [ValidateNotNull]
    public SecureString? SwarmKey { get; set; }

    private protected override void Process()
    {
        if (SwarmKeyText.Of(SwarmKey) is { } text)
        {
            WriteObject(SwarmFiles.ReadText(text));
            return;
        }

        if (ParameterSetName == PathSet && Path is null)
        {
            Show(SwarmFiles.DefaultSwarmPath);
            return;
        }

        foreach (var path in ParameterSetName == PathSet ? Path! : LiteralPath)
        {
            try
            {
                foreach (var file in ParameterSetName == PathSet ? ProviderPaths.Matching(this, path) : [ProviderPaths.LiteralExisting(this, path)]) Show(file);
            }
            catch (P2PShareException e)
            {
                WriteError(e, path);
            }
        }
    }

    private void Show(string file)
    {
        try
        {
            WriteObject(SwarmFiles.Read(file));
        }
        catch (P2PShareException e)
        {
            WriteError(e, file);
        }
    }
}
