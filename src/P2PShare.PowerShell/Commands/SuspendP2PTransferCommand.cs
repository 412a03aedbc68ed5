using System.Management.Automation;
using P2PShare.Engine.Transfers;

namespace P2PShare.PowerShell.Commands;

/// <summary>Stops transfers for now: what is verified stays, and Resume-P2PTransfer or the next Receive-P2PFile goes on.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "P2PTransfer", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TransferInfo))]
public sealed class SuspendP2PTransferCommand : TransferControlCmdlet
{
    private protected override string Action => "Suspend the transfer";

    private protected override string? WhyNot(TransferState state) => state switch
    {
        TransferState.Completed => "is complete.",
        TransferState.Stopped => "was stopped for good.",
        TransferState.Failed => "has failed; there is nothing to suspend.",
        _ => null,
    };

    private protected override bool IsDone(TransferState state) => state == TransferState.Suspended;

    private protected override Task ChangeAsync(ITransfer transfer, CancellationToken token) => transfer.SuspendAsync(token);
}
