using System.Management.Automation;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transfers;

namespace P2PShare.PowerShell.Commands;

/// <summary>Base of the cmdlets that change the state of transfers.</summary>
public abstract class TransferControlCmdlet : TransferCmdlet
{
    /// <summary>Emits each transfer as it stands afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>What is done, for -WhatIf.</summary>
    private protected abstract string Action { get; }

    /// <summary>Why nothing can be done with a transfer in this state; null when something can, or need not.</summary>
    private protected abstract string? WhyNot(TransferState state);

    /// <summary>Whether a transfer in this state is already what is asked for.</summary>
    private protected abstract bool IsDone(TransferState state);

    private protected abstract Task ChangeAsync(ITransfer transfer, CancellationToken token);

    private protected override void Process()
    {
        var all = Select();
        foreach (var selected in all)
        {
            var before = selected.Before;
            if (WhyNot(before.State) is { } reason)
            {
                // A wildcard, a whole list, or one of several of a name: meant are those with which it can be done.
                if (selected.Exact && !all.Any(o => o.Before.Name == before.Name && WhyNot(o.Before.State) is null)) WriteError(new P2PShareException(ErrorKind.InvalidOperation, CmdletErrorIds.TransferStateInvalid, $"'{before.Name}' {reason}", before), before);
                else WriteVerbose($"'{before.Name}' {reason}");
                continue;
            }

            if (!IsDone(before.State) && !Change(selected)) continue;
            if (PassThru) WriteObject(selected.Transfer.GetSnapshot());
        }
    }

    private bool Change(Selected selected)
    {
        if (!ShouldProcess($"{selected.Before.Name} ({selected.Before.FullName})", Action)) return false;
        try
        {
            Run((_, token) => ChangeAsync(selected.Transfer, token));
            return true;
        }
        catch (P2PShareException e)
        {
            WriteError(e, selected.Before);
            return false;
        }
    }
}
