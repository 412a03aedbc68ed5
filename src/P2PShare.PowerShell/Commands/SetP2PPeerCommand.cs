using System.Management.Automation;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transfers;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;
using WildcardPattern = System.Management.Automation.WildcardPattern;

namespace P2PShare.PowerShell.Commands;

/// <summary>Changes the limits of peers of this process, or of single transfers, while they run.</summary>
[Cmdlet(VerbsCommon.Set, "P2PPeer", DefaultParameterSetName = PeerSet, SupportsShouldProcess = true)]
[OutputType(typeof(PeerInfo), typeof(TransferInfo))]
public sealed class SetP2PPeerCommand : P2PCmdlet
{
    private const string PeerSet = "Peer";
    private const string TransferSet = "Transfer";

    /// <summary>Names (wildcards allowed), PeerInfo objects or jobs; with one running peer it is implied. Transfers from the pipe are taken for what they are.</summary>
    [Parameter(ParameterSetName = PeerSet, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(LocalPeerCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[]? Peer { get; set; }

    /// <summary>Names of shares, ids of transfers, or TransferInfo objects.</summary>
    [Parameter(ParameterSetName = TransferSet, Mandatory = true, HelpMessage = "A transfer, from Get-P2PTransfer.")]
    [ArgumentCompleter(typeof(TransferCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Transfer { get; set; } = [];

    /// <summary>Bytes per second sent; 0 or $null for no limit. Left out, it stays as it is.</summary>
    [Parameter]
    [AllowNull]
    public long? UploadLimit { get; set; }

    /// <summary>Bytes per second received; 0 or $null for no limit. Left out, it stays as it is.</summary>
    [Parameter]
    [AllowNull]
    public long? DownloadLimit { get; set; }

    /// <summary>Emits each peer or transfer as it is afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Begin()
    {
        if (LocalPeers.All.IsEmpty) throw LocalPeerSelector.NoneRunning();
        if (!IsGiven(nameof(UploadLimit)) && !IsGiven(nameof(DownloadLimit)))
            throw new P2PShareException(ErrorKind.InvalidArgument, CmdletErrorIds.LimitInvalid, "It was not said what to change.", null, "Give -UploadLimit or -DownloadLimit, in bytes per second, such as 10MB; 0 for no limit.");
        if ((UploadLimit < 0 ? UploadLimit : DownloadLimit < 0 ? DownloadLimit : null) is { } negative)
            throw new P2PShareException(ErrorKind.InvalidArgument, CmdletErrorIds.LimitInvalid, $"{negative} is no limit.", negative, "Give bytes per second, such as 10MB; 0 for no limit.");
    }

    private protected override void Process()
    {
        if (ParameterSetName == TransferSet)
        {
            foreach (var transfer in Transfer) Guarded(transfer, SetTransfers);
            return;
        }

        if (Peer is null)
        {
            SetPeers([LocalPeerSelector.One(null)]);
            return;
        }

        foreach (var reference in Peer)
        {
            if (TransferIdOf(reference) is not null) Guarded(reference, SetTransfers);
            else Guarded(reference, peer => SetPeers(LocalPeerSelector.All(peer)));
        }
    }

    private void Guarded(object reference, Action<object> set)
    {
        try
        {
            set(reference);
        }
        catch (P2PShareException e)
        {
            WriteError(e, reference);
        }
    }

    private void SetPeers(IReadOnlyList<LocalPeer> peers)
    {
        foreach (var peer in peers)
        {
            var now = peer.Engine.GetSelf();
            var (upload, download) = Limits(now.UploadLimit, now.DownloadLimit);
            if (!ShouldProcess($"{peer.Name} ({peer.Engine.SwarmName})", Describe(upload, download))) continue;
            peer.Engine.SetLimits(upload, download);
            if (PassThru) WriteObject(peer.Engine.GetSelf());
        }
    }

    private void SetTransfers(object reference)
    {
        var found = FindTransfers(reference);
        foreach (var transfer in found)
        {
            var now = transfer.GetSnapshot();
            var (upload, download) = Limits(now.UploadLimit, now.DownloadLimit);
            if (!ShouldProcess($"{now.Name} ({now.FullName})", Describe(upload, download))) continue;
            transfer.SetLimits(upload, download);
            if (PassThru) WriteObject(transfer.GetSnapshot());
        }

        var name = reference.ToString() ?? "";
        if (found.Count == 0 && (TransferIdOf(reference) is not null || !WildcardPattern.ContainsWildcardCharacters(name)))
            throw new P2PShareException(ErrorKind.ObjectNotFound, ErrorIds.TransferNotFound, $"There is no transfer '{name}' in this process.", reference, "Get-P2PTransfer lists those there are.");
    }

    private static List<ITransfer> FindTransfers(object reference)
    {
        var all = LocalPeers.All.SelectMany(peer => peer.Engine.GetTransfers());
        if (TransferIdOf(reference) is { } id)
        {
            var peer = PSObject.AsPSObject(reference).Properties["PeerId"]?.Value as string;
            return [.. all.Where(transfer => transfer.GetSnapshot() is var now && now.TransferId.Equals(id, StringComparison.OrdinalIgnoreCase) && (peer is null || now.PeerId == peer))];
        }

        var name = reference.ToString() ?? "";
        var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase);
        return [.. all.Where(transfer => transfer.GetSnapshot() is var now
            && (pattern.IsMatch(now.Name) || name.Equals(now.Name, StringComparison.OrdinalIgnoreCase) || name.Equals(now.TransferId, StringComparison.OrdinalIgnoreCase) || name.Equals(now.InfoHash, StringComparison.OrdinalIgnoreCase)))];
    }

    // What came through Export-Clixml has lost its type but not its properties.
    private static string? TransferIdOf(object reference) => PSObject.AsPSObject(reference).Properties["TransferId"]?.Value as string;

    private (long? Upload, long? Download) Limits(long? upload, long? download) => (
        IsGiven(nameof(UploadLimit)) ? Positive(UploadLimit) : upload,
        IsGiven(nameof(DownloadLimit)) ? Positive(DownloadLimit) : download);

    private static long? Positive(long? limit) => limit is > 0 ? limit : null;

    private bool IsGiven(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    private static string Describe(long? upload, long? download) => $"Limit sending to {Describe(upload)} and receiving to {Describe(download)}";

    private static string Describe(long? limit) => limit is { } bytes ? Views.DisplayText.Rate(bytes) : "no limit";
}
