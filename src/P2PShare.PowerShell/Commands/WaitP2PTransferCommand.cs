using System.Diagnostics;
using System.Management.Automation;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transfers;
using P2PShare.PowerShell.Bridge;
using P2PShare.PowerShell.Completion;

namespace P2PShare.PowerShell.Commands;

/// <summary>Waits until transfers have ended, and emits each as it is verified.</summary>
[Cmdlet(VerbsLifecycle.Wait, "P2PTransfer", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TransferInfo))]
public sealed class WaitP2PTransferCommand : TransferCmdlet
{
    private readonly Dictionary<(string, string), Selected> _selected = [];

    /// <summary>Names or info-hashes of shares; all transfers that have not ended when not given.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 0)]
    [ArgumentCompleter(typeof(TransferCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public override string[]? Name { get; set; }

    /// <summary>How many seconds to wait at most; for as long as it takes when not given.</summary>
    [Parameter]
    [ValidateRange(0, 2_000_000)]
    public int? TimeoutSec { get; set; }

    private protected override void Process()
    {
        foreach (var selected in Select())
        {
            // Without a choice, what ended long ago is nothing to wait for.
            if (ParameterSetName == NameSet && Name is null && HasEnded(selected.Before.State)) continue;
            _selected.TryAdd((selected.Before.PeerId, selected.Before.TransferId), selected);
        }
    }

    private protected override void End()
    {
        if (_selected.Count == 0) return;
        var progress = new ReceiveProgress();
        foreach (var selected in _selected.Values) progress.Add(selected.Transfer);
        var display = new ProgressDisplay(this, progress.Sample);
        var started = Stopwatch.GetTimestamp();
        try
        {
            Run((output, token) => Task.WhenAll(_selected.Values.Select(s => WaitAsync(s, started, output, token))), display.Tick);
        }
        finally
        {
            display.Complete();
        }
    }

    private async Task WaitAsync(Selected selected, long started, PipelineOutput output, CancellationToken token)
    {
        var before = selected.Before;
        try
        {
            var completion = selected.Transfer.Completion;
            if (TimeoutSec is { } seconds)
            {
                var left = TimeSpan.FromSeconds(seconds) - Stopwatch.GetElapsedTime(started);
                completion = completion.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, token);
            }

            await output.WriteObjectAsync(await completion.WaitAsync(token).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await output.WriteErrorAsync(
                new P2PShareException(ErrorKind.OperationTimeout, ErrorIds.TimedOut, $"'{before.Name}' was not complete within {TimeoutSec} s; it goes on.", before), before).ConfigureAwait(false);
        }
        catch (P2PShareException e)
        {
            await output.WriteErrorAsync(e, before).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            await output.WriteErrorAsync(CatalogueErrors.Interrupted(before.Name), before).ConfigureAwait(false);
        }
    }

    private static bool HasEnded(TransferState state) => state is TransferState.Completed or TransferState.Failed or TransferState.Stopped or TransferState.Suspended;
}
