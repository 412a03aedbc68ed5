using System.Management.Automation;
using P2PShare.PowerShell.Bridge;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell;

/// <summary>Stops the peers when the module is removed, and says so: nothing could reach them any more.</summary>
public sealed class ModuleLifetime : IModuleAssemblyCleanup
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        var running = LocalPeers.All.Length;
        if (running == 0) return;
        Blocking.Run(LocalPeers.StopAllAsync, StopLimit);
        var stopped = running - LocalPeers.All.Length;
        Warn(stopped == 1 ? "P2PShare was removed from this session: 1 peer was stopped." : $"P2PShare was removed from this session: {stopped} peers were stopped.");
    }

    // A module that is being removed is no cmdlet: it has no warning stream of its own.
    private static void Warn(string text)
    {
        try
        {
            using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
            shell.AddCommand("Microsoft.PowerShell.Utility\\Write-Warning").AddArgument(text).Invoke();
        }
        catch (Exception e) when (e is InvalidOperationException or RuntimeException)
        {
            // No runspace on this thread: nobody is there to read it.
        }
    }
}
