using System.Management.Automation;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Reporting;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>Writes what a peer saw of its swarm since it was started as one page for a browser.</summary>
[Cmdlet(VerbsData.Export, "P2PReport", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportP2PReportCommand : P2PCmdlet
{
    /// <summary>The file, taken literally.</summary>
    [Parameter(Mandatory = true, Position = 0, HelpMessage = "The path of the report to write, such as report.html.")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The local peer: its name, its PeerInfo or its job; with one running peer it is implied.</summary>
    [Parameter(ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(LocalPeerCompleter))]
    [ValidateNotNull]
    public object? Peer { get; set; }

    /// <summary>Leaves an existing file alone.</summary>
    [Parameter]
    public SwitchParameter NoClobber { get; set; }

    /// <summary>Replaces a file that is read-only.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Emits the file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process()
    {
        var peer = LocalPeerSelector.One(Peer);
        var path = ProviderPaths.Literal(this, Path);
        if (NoClobber && File.Exists(path)) throw new P2PShareException(ErrorKind.ResourceExists, ErrorIds.FileExists, $"'{path}' exists already.", Path, "Give another path, or leave out -NoClobber.");
        if (!ShouldProcess(path, $"Write a report of the swarm '{peer.Engine.SwarmName}'")) return;
        try
        {
            var file = new FileInfo(path);
            if (Force && file is { Exists: true, IsReadOnly: true }) file.IsReadOnly = false;
            File.WriteAllText(path, HtmlReport.Write(peer.Recorder.GetReport()));
            if (PassThru) WriteObject(InvokeProvider.Item.Get([path], force: true, literalPath: true), enumerateCollection: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new P2PShareException(ErrorKind.WriteError, ErrorIds.DestinationUnusable, $"'{path}' cannot be written: {e.Message}", Path, "Choose a folder in which you may write.", e);
        }
    }
}
