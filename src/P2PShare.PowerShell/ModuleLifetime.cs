using System.Management.Automation;
using P2PShare.PowerShell.Bridge;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell;

/// <summary>Stops the peers when the module is removed: nothing could reach them any more.</summary>
public sealed class ModuleLifetime : IModuleAssemblyCleanup
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    public void OnRemove(PSModuleInfo psModuleInfo) => Blocking.Run(LocalPeers.StopAllAsync, StopLimit);
}
