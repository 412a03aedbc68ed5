using System.Management.Automation;
using P2PShare.Engine.Transfers;

namespace P2PShare.PowerShell.Commands;

/// <summary>Goes on with transfers that were suspended or have failed.</summary>
[Cmdlet(VerbsLifecycle.Resume, "P2PTransfer", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TransferInfo))]
public sealed class ResumeP2PTransferCommand : TransferControlCmdlet
{
    private protected override string Action => "Resume the transfer";

    private protected override string? WhyNot(TransferState state) => state switch
    {
        TransferState.Completed => "is complete.",
        TransferState.Stopped => "was stopped for good; receive it again.",
        _ => null,
    };

    private protected override bool IsDone(TransferState state) => state is not (TransferState.Suspended or TransferState.Failed);

    private protected override Task ChangeAsync(ITransfer transfer, CancellationToken token) => transfer.ResumeAsync(token);
}
