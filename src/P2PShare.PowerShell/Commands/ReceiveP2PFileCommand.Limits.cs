using System.Management.Automation;

namespace P2PShare.PowerShell.Commands;

// Limits of single transfers, beside those of the peer.
public sealed partial class ReceiveP2PFileCommand
{
    /// <summary>Bytes per second that each of the transfers receives at most.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? DownloadLimit { get; set; }

    /// <summary>Bytes per second that are sent to others of each share that is received.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? UploadLimit { get; set; }
}
