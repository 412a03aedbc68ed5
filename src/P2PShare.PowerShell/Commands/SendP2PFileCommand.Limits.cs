using System.Management.Automation;

namespace P2PShare.PowerShell.Commands;

// Limits of single shares, beside those of the peer.
public sealed partial class SendP2PFileCommand
{
    /// <summary>Bytes per second that are sent of each of the shares at most.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? UploadLimit { get; set; }
}
