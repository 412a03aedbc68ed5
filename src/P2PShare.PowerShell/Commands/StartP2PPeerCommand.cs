using System.Management.Automation;
using System.Security;
using P2PShare.Engine;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>Starts a peer in this process, as a job.</summary>
[Cmdlet(VerbsLifecycle.Start, "P2PPeer", DefaultParameterSetName = SwarmPathSet, SupportsShouldProcess = true)]
[OutputType(typeof(PeerJob))]
public sealed class StartP2PPeerCommand : SwarmFileCmdlet
{
    private const string SwarmFileEnding = ".swarm.pem";

    /// <summary>The swarm file, or a peer file made with New-P2PPeerCertificate.</summary>
    [Parameter(ParameterSetName = SwarmPathSet, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    [ValidateNotNullOrEmpty]
    public string? SwarmPath { get; set; }

    /// <summary>Peers to join at: "host:port", "host" or "[v6]:port". Any peer of the swarm will do.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] ConnectTo { get; set; } = [];

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Does not look for peers on the local networks.</summary>
    [Parameter]
    public SwitchParameter NoDiscovery { get; set; }

    /// <summary>Names of shares of which this peer keeps copies as they appear, and of their newer versions.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Mirror { get; set; } = [];

    /// <summary>With -Mirror: the folder that holds the copies.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? MirrorPath { get; set; }

    /// <summary>With -Mirror: a copy is kept only while fewer peers than that, besides the publisher, keep one.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? MirrorCopies { get; set; }

    /// <summary>Reads and hashes the files of earlier shares again before they are served.</summary>
    [Parameter]
    public SwitchParameter Verify { get; set; }

    /// <summary>The folder into which shares that others offer are received unasked; made when missing.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AcceptPath { get; set; }

    /// <summary>With -AcceptPath: the names or peer ids of those whose offers are taken; everybody's when not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] AcceptFrom { get; set; } = [];

    /// <summary>Bytes per second.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? UploadLimit { get; set; }

    /// <summary>Bytes per second.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? DownloadLimit { get; set; }

    /// <summary>Uses the swarm file even when others may read it.</summary>
    [Parameter(ParameterSetName = SwarmPathSet)]
    public SwitchParameter Force { get; set; }

    private protected override void Process()
    {
        if (AcceptFrom.Length > 0 && AcceptPath is null)
            throw new P2PShareException(ErrorKind.InvalidArgument, CmdletErrorIds.AcceptFromNeedsAcceptPath, "-AcceptFrom says whose offers to take, so it needs -AcceptPath, where to put them.", AcceptFrom);
        var swarmPath = SwarmKey is not null ? null : SwarmPath is null ? FindDefaultSwarm() : ProviderPaths.Literal(this, SwarmPath);
        if (!ShouldProcess(swarmPath ?? SwarmKeyText.Name, "Start a peer of the swarm")) return;
        if (SwarmPath is null && swarmPath is not null && !File.Exists(swarmPath)) MakeDefaultSwarm(swarmPath);

        var options = new PeerOptions
        {
            SwarmPath = swarmPath,
            SwarmText = SwarmKeyText.Of(SwarmKey),
            Force = Force,
            Name = Name,
            Port = Port,
            ListenAddress = ListenAddress,
            ConnectTo = ConnectTo,
            Discovery = !NoDiscovery,
            StateRoot = StateRoot,
            Mirror = Mirror,
            MirrorPath = MirrorPath is null ? null : ProviderPaths.Literal(this, MirrorPath),
            MirrorCopies = MirrorCopies,
            Verify = Verify,
            AcceptPath = AcceptPath is null ? null : ProviderPaths.Literal(this, AcceptPath),
            AcceptFrom = AcceptFrom,
            UploadLimit = UploadLimit,
            DownloadLimit = DownloadLimit,
        };
        PeerJob? job = null;
        Run(async (output, token) =>
        {
            // The job is made before anything is awaited again: a peer that runs must be on the list even if Ctrl-C comes now.
            var engine = await Peer.StartAsync(options, token).ConfigureAwait(false);
            job = new PeerJob(LocalPeers.Add(engine), MyInvocation.InvocationName);
            foreach (var warning in engine.StartWarnings) await output.WriteWarningAsync(warning).ConfigureAwait(false);
        });
        if (job is null) return;
        JobRepository.Add(job);
        WriteObject(job);
    }

    private string FindDefaultSwarm()
    {
        var path = SwarmFiles.DefaultSwarmPath;
        if (ConnectTo.Length == 0) return path;
        throw new P2PShareException(
            ErrorKind.ObjectNotFound,
            ErrorIds.SwarmNotFound,
            $"Joining at {ConnectTo[0]} takes a copy of its swarm file, and none was given: copy NAME.swarm.pem from that machine (the one its peer was started with; '{path}' there if none was named) to this one.",
            ConnectTo,
            "Give the path of the copy with -SwarmPath.");
    }

    private void MakeDefaultSwarm(string path)
    {
        var file = Path.GetFileName(path);
        var name = file.EndsWith(SwarmFileEnding, StringComparison.OrdinalIgnoreCase) ? file[..^SwarmFileEnding.Length] : Path.GetFileNameWithoutExtension(file);
        var made = SwarmFiles.Create(name, Path.GetDirectoryName(path)!, overwrite: false, TimeProvider.System);
        WriteWarning($"This user's own swarm was made: '{made.SwarmPath}'. A machine joins it when it has a copy of that file: Start-P2PPeer -SwarmPath FILE -ConnectTo {Environment.MachineName}");
    }
}
