using System.Runtime.InteropServices;
using P2PShare.PowerShell.Bridge;

namespace P2PShare.PowerShell.Jobs;

/// <summary>
/// Stops the peers when the process ends: PowerShell calls neither OnRemove nor StopJob then. Made once a process, by the
/// registry of local peers.
/// </summary>
internal sealed class ProcessGoodbye
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    // Kept, because a registration that is collected no longer fires.
    private readonly PosixSignalRegistration[] _signals;

    public ProcessGoodbye()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => StopAll();
        // .NET ends a process on these without ProcessExit; not cancelling the signal leaves the rest to PowerShell.
        _signals = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => StopAll()), PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => StopAll())];
    }

    /// <summary>How many signals are watched.</summary>
    public int SignalCount => _signals.Length;

    private static void StopAll() => Blocking.Run(LocalPeers.StopAllAsync, Limit);
}
