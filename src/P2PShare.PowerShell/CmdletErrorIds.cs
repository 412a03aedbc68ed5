namespace P2PShare.PowerShell;

/// <summary>The stable identifiers of errors that only the cmdlets know; the engine's are in <see cref="Engine.Errors.ErrorIds"/>.</summary>
internal static class CmdletErrorIds
{
    public const string NoPeerRunning = nameof(NoPeerRunning);
    public const string PeerAmbiguous = nameof(PeerAmbiguous);
    public const string PeerNotFound = nameof(PeerNotFound);
    public const string PeerNotLocal = nameof(PeerNotLocal);
    public const string PathNotFileSystem = nameof(PathNotFileSystem);
    public const string UncPathNotSupported = nameof(UncPathNotSupported);
    public const string TorrentPathNeedsOneShare = nameof(TorrentPathNeedsOneShare);
    public const string AcceptFromNeedsAcceptPath = nameof(AcceptFromNeedsAcceptPath);
    public const string TimeoutNeedsWait = nameof(TimeoutNeedsWait);
    public const string TransferInterrupted = nameof(TransferInterrupted);
    public const string TransferStateInvalid = nameof(TransferStateInvalid);
    public const string LimitInvalid = nameof(LimitInvalid);
}
