using System.Management.Automation;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.PowerShell.Bridge;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>Gives a running peer further addresses of its swarm, and tells who answers there.</summary>
[Cmdlet(VerbsCommunications.Connect, "P2PPeer", SupportsShouldProcess = true)]
[OutputType(typeof(PeerInfo))]
public sealed class ConnectP2PPeerCommand : PeerCmdlet
{
    private readonly List<string> _addresses = [];

    /// <summary>Where: "host:port", "host" or "[v6]:port". Any peer of the swarm will do.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, HelpMessage = "Where a peer of the swarm is: host:port, host or [v6]:port.")]
    [ValidateNotNullOrEmpty]
    public string[] ConnectTo { get; set; } = [];

    /// <summary>How many seconds each address has to answer.</summary>
    [Parameter]
    [ValidateRange(0, 2_000_000)]
    public int TimeoutSec { get; set; } = 30;

    private protected override void Process() => _addresses.AddRange(ConnectTo);

    private protected override void End()
    {
        var peer = LocalPeerSelector.One(Peer);
        var wanted = _addresses.Distinct(StringComparer.OrdinalIgnoreCase).Where(a => ShouldProcess(a, $"Connect the peer '{peer.Name}'")).ToList();
        if (wanted.Count > 0) Run((output, token) => Task.WhenAll(wanted.Select(a => ConnectAsync(peer, a, output, token))));
    }

    private async Task ConnectAsync(LocalPeer peer, string address, PipelineOutput output, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(TimeSpan.FromSeconds(TimeoutSec));
        try
        {
            await output.WriteObjectAsync(await peer.Engine.MeetAsync(address, limit.Token).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (P2PShareException e)
        {
            await output.WriteErrorAsync(e, address).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            await output.WriteErrorAsync(
                new P2PShareException(ErrorKind.OperationTimeout, ErrorIds.TimedOut, $"{address} did not answer within {TimeoutSec} s; the peer '{peer.Name}' keeps trying.", address), address).ConfigureAwait(false);
        }
    }
}
