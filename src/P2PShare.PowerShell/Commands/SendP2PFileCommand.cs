using System.Management.Automation;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.PowerShell.Bridge;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>Publishes files and folders: one share each, or all as one under a name of its own.</summary>
[Cmdlet(VerbsCommunications.Send, "P2PFile", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(ShareInfo), typeof(TransferJob))]
public sealed partial class SendP2PFileCommand : PeerCmdlet
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    private readonly List<ShareInput> _inputs = [];

    [Parameter(ParameterSetName = PathSet, Mandatory = true, Position = 0, ValueFromPipeline = true, HelpMessage = "The path of a file or folder; wildcards are permitted.")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    [Parameter(ParameterSetName = LiteralPathSet, Mandatory = true, ValueFromPipelineByPropertyName = true, HelpMessage = "The path of a file or folder, taken as it is.")]
    [Alias("PSPath", "LP")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Makes one folder share of all inputs, under this name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ShareName { get; set; }

    /// <summary>With -ShareName: the folder the paths inside the share are relative to; else the deepest one that holds all inputs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? BasePath { get; set; }

    [Parameter]
    public SymbolicLinkPolicy SymbolicLink { get; set; } = SymbolicLinkPolicy.Skip;

    /// <summary>Serves the share to any BitTorrent client that knows its info-hash, unencrypted.</summary>
    [Parameter]
    public SwitchParameter Open { get; set; }

    /// <summary>Writes the share's .torrent file there.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TorrentPath { get; set; }

    private protected override void Begin()
    {
        base.Begin();
        CheckWait();
        if (BasePath is not null && ShareName is null)
            throw new P2PShareException(ErrorKind.InvalidArgument, "BasePathNeedsShareName", "-BasePath says where files stand inside one share, so it needs -ShareName.", BasePath);
    }

    private protected override void Process()
    {
        foreach (var path in ParameterSetName == PathSet ? Path : LiteralPath)
        {
            try
            {
                foreach (var found in ParameterSetName == PathSet ? ProviderPaths.Matching(this, path) : [ProviderPaths.LiteralExisting(this, path)]) Add(found);
            }
            catch (P2PShareException e)
            {
                WriteError(e, path);
            }
        }
    }

    private protected override void End()
    {
        var peer = LocalPeerSelector.One(Peer);
        var grouping = ShareName is null
            ? ShareGrouping.Separate(_inputs)
            : ShareGrouping.Bundle(_inputs, ShareName, BasePath is null ? null : ProviderPaths.Literal(this, BasePath));
        foreach (var left in grouping.LeftOut) WriteVerbose($"'{left.FullPath}' is left out: it is shared with '{left.SharedFolder}'.");
        foreach (var error in grouping.Errors) WriteError(error, error.Target);
        if (TorrentPath is not null && grouping.Requests.Count > 1)
        {
            throw new P2PShareException(
                ErrorKind.InvalidArgument,
                CmdletErrorIds.TorrentPathNeedsOneShare,
                $"A .torrent file describes one share, and these are {grouping.Requests.Count}.",
                TorrentPath,
                "Use -ShareName to make one share of them.");
        }

        var torrent = TorrentPath is null ? null : ProviderPaths.Literal(this, TorrentPath);
        var requests = grouping.Requests
            .Select(r => r with { FollowSymbolicLinks = SymbolicLink == SymbolicLinkPolicy.Follow, Open = Open, TorrentPath = torrent, UploadLimit = UploadLimit })
            .Where(r => ShouldProcess(r.Path ?? $"{r.Entries!.Count} files and folders", $"Publish as '{r.Name}'{(Open ? ", open to any BitTorrent client," : "")} in the swarm {peer.Engine.SwarmName}{(To is null ? "" : $" and offer to {string.Join(", ", To)}")}"))
            .ToList();
        if (requests.Count == 0 || FindRecipients(peer) is not { } delivery) return;
        if (AsJob) StartJob(peer, requests, delivery);
        else Publish(peer, requests, delivery);
    }

    private void Add(string path)
    {
        var isFolder = Directory.Exists(path);
        if (SymbolicLink == SymbolicLinkPolicy.Skip && (isFolder ? (FileSystemInfo)new DirectoryInfo(path) : new FileInfo(path)).LinkTarget is not null)
        {
            WriteWarning($"'{path}' is a symbolic link and is left out; -SymbolicLink Follow shares what it leads to.");
            return;
        }

        _inputs.Add(new ShareInput(path, isFolder));
    }

    private void Publish(LocalPeer peer, List<PublishRequest> requests, SendDelivery delivery)
    {
        var work = new SendWork(requests, delivery);
        var progress = new ProgressDisplay(this, work.Sample);
        try
        {
            Run((output, token) => work.RunAsync(peer, output, token), progress.Tick);
        }
        finally
        {
            progress.Complete();
        }
    }
}
