using System.Management.Automation;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transfers;
using P2PShare.PowerShell.Bridge;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>Receives shares, or files of shares, and emits what is verified.</summary>
[Cmdlet(VerbsCommunications.Receive, "P2PFile", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TransferInfo), typeof(TransferJob))]
public sealed partial class ReceiveP2PFileCommand : CatalogueCmdlet
{
    private const string NameSet = "Name";
    private const string InputObjectSet = "InputObject";
    private const string InfoHashSet = "InfoHash";
    private const string TorrentSet = "TorrentPath";

    private readonly List<ReceiveItem> _items = [];
    private string? _destination;

    /// <summary>Names, wildcards or info-hashes.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0, ValueFromPipeline = true, HelpMessage = "The name of a share; wildcards are permitted.")]
    [ArgumentCompleter(typeof(ShareNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = [];

    [Parameter(ParameterSetName = InputObjectSet, Mandatory = true, ValueFromPipeline = true, HelpMessage = "A share, a file or a transfer, as Get-P2PShare, Get-P2PFile or Get-P2PTransfer emit them.")]
    [ValidateNotNullOrEmpty]
    public ShareInfo[] InputObject { get; set; } = [];

    /// <summary>64 hexadecimal digits.</summary>
    [Parameter(ParameterSetName = InfoHashSet, Mandatory = true, ValueFromPipelineByPropertyName = true, HelpMessage = "64 hexadecimal digits, as Get-P2PShare shows them.")]
    [ValidateNotNullOrEmpty]
    public string InfoHash { get; set; } = "";

    /// <summary>Only these files of the share: their exact paths inside it. Objects of Get-P2PFile bring it along.</summary>
    [Parameter(ParameterSetName = InfoHashSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[]? RelativePath { get; set; }

    /// <summary>A .torrent file, to receive in plain BitTorrent from the clients at -ConnectTo.</summary>
    [Parameter(ParameterSetName = TorrentSet, Mandatory = true, HelpMessage = "The path of a .torrent file of version 2.")]
    [ValidateNotNullOrEmpty]
    public string TorrentPath { get; set; } = "";

    /// <summary>Where the clients are: "host:port".</summary>
    [Parameter(ParameterSetName = TorrentSet, Mandatory = true, HelpMessage = "Where a BitTorrent client has it: host:port.")]
    [ValidateNotNullOrEmpty]
    public string[] ConnectTo { get; set; } = [];

    // By property name only where an object from the pipe is wanted: were it bound for a name too, the binder would settle
    // for the default set and take a piped object's text for a name.
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = TorrentSet)]
    [Parameter(ParameterSetName = InputObjectSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = InfoHashSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PeerId")]
    [ArgumentCompleter(typeof(LocalPeerCompleter))]
    [ValidateNotNull]
    public override object? Peer { get; set; }

    /// <summary>The folder to receive into, taken literally and made when missing; the current one when not given.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>The publisher's name or peer id, when a name means different things.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(PeerNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string? Publisher { get; set; }

    /// <summary>Waits for the first share that matches; for as long as it takes unless -TimeoutSec is given.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = InfoHashSet)]
    public SwitchParameter Wait { get; set; }

    /// <summary>Gives each share to others for this long after it is complete, and then no more; for as long as the peer runs when not given.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? SeedFor { get; set; }

    /// <summary>Replaces existing files that have other content.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Leaves anything alone that exists already.</summary>
    [Parameter]
    public SwitchParameter NoClobber { get; set; }

    private protected override void Begin()
    {
        base.Begin();
        if (Force && NoClobber) throw new P2PShareException(ErrorKind.InvalidArgument, "ForceOrNoClobber", "-Force replaces files and -NoClobber leaves them; they cannot both be meant.");
    }

    private protected override void Process()
    {
        switch (ParameterSetName)
        {
            case InputObjectSet:
                _items.AddRange(InputObject.Select(s => new ReceiveItem(Peer ?? s.PeerId) { InfoHash = s.InfoHash }));
                break;
            case InfoHashSet:
                _items.Add(new ReceiveItem(Peer) { InfoHash = InfoHash, RelativePaths = RelativePath });
                break;
            case TorrentSet:
                AddTorrent();
                break;
            default:
                _items.AddRange(Name.Select(n => new ReceiveItem(Peer) { Pattern = n }));
                break;
        }
    }

    private protected override void End()
    {
        if (_items.Count == 0) return;
        _destination = Destination is null ? ProviderPaths.CurrentFolder(this) : ProviderPaths.Literal(this, Destination);
        var items = ByPeer();
        if (AsJob)
        {
            StartJob(items);
            return;
        }

        var work = CreateWork();
        var progress = new ProgressDisplay(this, work.Sample);
        try
        {
            Run(
                async (output, token) =>
                {
                    // Disposed here, since after Ctrl-C the worker may outlive the cmdlet for a moment.
                    using (work) await work.RunAsync(items, output, token).ConfigureAwait(false);
                },
                progress.Tick);
        }
        finally
        {
            progress.Complete();
        }
    }

    private ReceiveWork CreateWork() => new(_destination!)
    {
        Overwrite = Force,
        NoClobber = NoClobber,
        SeedFor = SeedFor,
        Publisher = Publisher,
        Wait = Wait,
        Timeout = Wait && !MyInvocation.BoundParameters.ContainsKey(nameof(TimeoutSec)) ? ReceiveWork.AsLongAsItTakes : Timeout,
        UploadLimit = UploadLimit,
        DownloadLimit = DownloadLimit,
    };

    private void AddTorrent()
    {
        try
        {
            _items.Add(new ReceiveItem(Peer) { TorrentPath = ProviderPaths.LiteralExisting(this, TorrentPath), ConnectTo = ConnectTo });
        }
        catch (P2PShareException e)
        {
            WriteError(e, TorrentPath);
        }
    }

    private List<(LocalPeer Peer, IReadOnlyList<ReceiveItem> Items)> ByPeer()
    {
        var resolved = new List<(LocalPeer Peer, ReceiveItem Item)>(_items.Count);
        foreach (var item in _items)
        {
            try
            {
                resolved.Add((LocalPeerSelector.One(item.Peer), item));
            }
            catch (P2PShareException e) when (item.Peer is not null)
            {
                WriteError(e, item.Peer);
            }
        }

        return [.. resolved.GroupBy(r => r.Peer, r => r.Item).Select(g => (g.Key, (IReadOnlyList<ReceiveItem>)[.. g]))];
    }
}
