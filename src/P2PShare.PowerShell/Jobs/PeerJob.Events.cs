using P2PShare.Engine;

namespace P2PShare.PowerShell.Jobs;

// For Register-ObjectEvent. Raised one at a time, on a thread of the peer's own, that waits for no handler of PowerShell's.
public sealed partial class PeerJob
{
    public event EventHandler<PeerEventArgs>? PeerJoined;

    public event EventHandler<PeerEventArgs>? PeerLeft;

    public event EventHandler<PeerEventArgs>? CoordinatorChanged;

    public event EventHandler<PeerEventArgs>? SharePublished;

    public event EventHandler<PeerEventArgs>? ShareWithdrawn;

    /// <summary>At most one a second for each transfer.</summary>
    public event EventHandler<PeerEventArgs>? TransferProgress;

    public event EventHandler<PeerEventArgs>? TransferCompleted;

    public event EventHandler<PeerEventArgs>? TransferFailed;

    /// <summary>A connection was refused, here or there.</summary>
    public event EventHandler<PeerEventArgs>? PeerRefused;

    private void RaiseTyped(PeerEvent happened)
    {
        var handlers = happened.Kind switch
        {
            PeerEventKind.PeerJoined => PeerJoined,
            PeerEventKind.PeerLeft => PeerLeft,
            PeerEventKind.CoordinatorChanged => CoordinatorChanged,
            PeerEventKind.SharePublished => SharePublished,
            PeerEventKind.ShareWithdrawn => ShareWithdrawn,
            PeerEventKind.TransferProgress => TransferProgress,
            PeerEventKind.TransferCompleted => TransferCompleted,
            PeerEventKind.TransferFailed => TransferFailed,
            PeerEventKind.PeerRefused => PeerRefused,
            _ => null,
        };
        handlers?.Invoke(this, new PeerEventArgs(happened));
    }
}
