using System.Management.Automation;
using System.Security;
using P2PShare.Engine;
using P2PShare.Engine.Diagnostics;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;
using P2PShare.PowerShell.Bridge;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>Looks at what a peer needs, and tells what works, what does not, and what to do about it.</summary>
[Cmdlet(VerbsDiagnostic.Test, "P2PPeer", DefaultParameterSetName = PeerSet)]
[OutputType(typeof(CheckResult))]
[OutputType(typeof(bool))]
public sealed class TestP2PPeerCommand : SwarmFileCmdlet
{
    private const string PeerSet = "Peer";

    private bool _failed;

    /// <summary>Peers of this process: names, PeerInfo objects or jobs; all that run when not given.</summary>
    [Parameter(ParameterSetName = PeerSet, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(LocalPeerCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[]? Peer { get; set; }

    /// <summary>A swarm or peer file, to be tested with a peer that is started for the moment.</summary>
    [Parameter(ParameterSetName = SwarmPathSet, Mandatory = true, ValueFromPipelineByPropertyName = true, HelpMessage = "The path of the swarm file, NAME.swarm.pem.")]
    [Alias("PSPath", "LP")]
    [ValidateNotNullOrEmpty]
    public string? SwarmPath { get; set; }

    /// <summary>Peers to join at: "host:port", "host" or "[v6]:port".</summary>
    [Parameter(ParameterSetName = SwarmPathSet)]
    [Parameter(ParameterSetName = SwarmKeySet)]
    [ValidateNotNullOrEmpty]
    public string[] ConnectTo { get; set; } = [];

    /// <summary>A folder to receive into, whose disk is looked at; the current one when not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Emits only whether nothing failed.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>With -SwarmPath or -SwarmKey: how many seconds the peer has to join.</summary>
    [Parameter]
    [ValidateRange(0, 2_000_000)]
    public int TimeoutSec { get; set; } = 30;

    private protected override void Process()
    {
        if (ParameterSetName != PeerSet)
        {
            TestFor(SwarmKey is null ? ProviderPaths.Literal(this, SwarmPath!) : null, SwarmKeyText.Of(SwarmKey));
            return;
        }

        if (Peer is null)
        {
            if (LocalPeers.All.IsEmpty) Show(MachineChecks(File.Exists(SwarmFiles.DefaultSwarmPath) ? SwarmFiles.DefaultSwarmPath : null));
            else foreach (var peer in LocalPeers.All) Show(token => peer.Engine.TestAsync(Folder, token));
            return;
        }

        foreach (var reference in Peer)
        {
            // A swarm from the pipe comes here too: by value goes before by name.
            if (SwarmPathOf(reference) is { } path)
            {
                TestFor(path, null);
                continue;
            }

            try
            {
                foreach (var peer in LocalPeerSelector.All(reference)) Show(token => peer.Engine.TestAsync(Folder, token));
            }
            catch (P2PShareException e)
            {
                _failed = true;
                WriteError(e, reference);
            }
        }
    }

    private protected override void End()
    {
        if (Quiet) WriteObject(!_failed);
    }

    private static string? SwarmPathOf(object reference) => reference switch
    {
        SwarmInfo swarm => swarm.SwarmPath,
        PSObject { BaseObject: SwarmInfo swarm } => swarm.SwarmPath,
        PSObject { BaseObject: PSCustomObject } restored => restored.Properties[nameof(SwarmInfo.SwarmPath)]?.Value as string,
        _ => null,
    };

    private string Folder => Destination is null ? ProviderPaths.CurrentFolder(this) : ProviderPaths.Literal(this, Destination);

    private Func<CancellationToken, IAsyncEnumerable<CheckResult>> MachineChecks(string? swarmPath, string? swarmText = null)
    {
        var options = new CheckOptions { SwarmPath = swarmPath, SwarmText = swarmText, Port = Port ?? PeerOptions.DefaultPort, ListenAddress = ListenAddress, StateRoot = StateRoot, Folder = Folder };
        return token => Engine.Peer.TestAsync(options, token);
    }

    // A peer of the moment: it serves nothing, and goes on with nothing.
    private void TestFor(string? swarmPath, string? swarmText)
    {
        var folder = Folder;
        var options = new PeerOptions { SwarmPath = swarmPath, SwarmText = swarmText, Port = Port, ListenAddress = ListenAddress, ConnectTo = ConnectTo, StateRoot = StateRoot, Resume = false, Discovery = ConnectTo.Length == 0 };
        P2PShareException? failure = null;
        Run(async (output, token) =>
        {
            IPeer peer;
            try
            {
                peer = await Engine.Peer.StartAsync(options, token).ConfigureAwait(false);
            }
            catch (P2PShareException e)
            {
                failure = e;
                return;
            }

            await using (peer.ConfigureAwait(false))
            {
                foreach (var warning in peer.StartWarnings) await output.WriteWarningAsync(warning).ConfigureAwait(false);
                try
                {
                    await peer.WaitForCatalogueAsync(TimeSpan.FromSeconds(TimeoutSec), token).ConfigureAwait(false);
                }
                catch (P2PShareException e)
                {
                    await output.WriteVerboseAsync(e.Message).ConfigureAwait(false);
                }

                await ShowAsync(peer.TestAsync(folder, token), output, token).ConfigureAwait(false);
            }
        });
        if (failure is null) return;
        Show(MachineChecks(swarmPath, swarmText));
        _failed = true;
        WriteError(failure, swarmPath ?? SwarmKeyText.Name);
    }

    private void Show(Func<CancellationToken, IAsyncEnumerable<CheckResult>> checks) => Run((output, token) => ShowAsync(checks(token), output, token));

    private async Task ShowAsync(IAsyncEnumerable<CheckResult> checks, PipelineOutput output, CancellationToken token)
    {
        await foreach (var result in checks.WithCancellation(token).ConfigureAwait(false))
        {
            _failed |= result.Status == CheckStatus.Failed;
            if (!Quiet) await output.WriteObjectAsync(result).ConfigureAwait(false);
        }
    }
}
