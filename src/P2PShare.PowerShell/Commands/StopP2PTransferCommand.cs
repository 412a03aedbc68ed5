using System.Management.Automation;
using P2PShare.Engine.Transfers;

namespace P2PShare.PowerShell.Commands;

/// <summary>Ends transfers for good and removes what they had received so far.</summary>
[Cmdlet(VerbsLifecycle.Stop, "P2PTransfer", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TransferInfo))]
public sealed class StopP2PTransferCommand : TransferControlCmdlet
{
    /// <summary>Leaves the partial files, from which a later Receive-P2PFile goes on.</summary>
    [Parameter]
    public SwitchParameter KeepPartial { get; set; }

    private protected override string Action => KeepPartial ? "End the transfer and keep its partial files" : "End the transfer and remove its partial files";

    private protected override string? WhyNot(TransferState state) =>
        state == TransferState.Completed ? "is complete; Remove-P2PShare stops offering it." : null;

    private protected override bool IsDone(TransferState state) => state == TransferState.Stopped;

    private protected override Task ChangeAsync(ITransfer transfer, CancellationToken token) => transfer.StopAsync(KeepPartial, token);
}
