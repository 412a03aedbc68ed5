namespace P2PShare.Engine.Errors;

/// <summary>The stable identifiers of the engine's errors. Scripts compare against them, so a name once released never changes.</summary>
public static class ErrorIds
{
    // Swarm files, certificates, state
    public const string SwarmNotFound = nameof(SwarmNotFound);
    public const string SwarmFileInvalid = nameof(SwarmFileInvalid);
    public const string SwarmFileNotPrivate = nameof(SwarmFileNotPrivate);
    public const string SwarmFileIsAdmin = nameof(SwarmFileIsAdmin);
    public const string SwarmFileExists = nameof(SwarmFileExists);
    public const string AdminFileRequired = nameof(AdminFileRequired);
    public const string CertificateInvalid = nameof(CertificateInvalid);
    public const string CertificateExpired = nameof(CertificateExpired);
    public const string Tls13Unavailable = nameof(Tls13Unavailable);
    public const string PeerAlreadyRunning = nameof(PeerAlreadyRunning);
    public const string StateDirectoryUnusable = nameof(StateDirectoryUnusable);
    public const string InvalidName = nameof(InvalidName);
    public const string PeerNameTaken = nameof(PeerNameTaken);

    // Network
    public const string PortInUse = nameof(PortInUse);
    public const string InvalidAddress = nameof(InvalidAddress);
    public const string PeerUnreachable = nameof(PeerUnreachable);
    public const string PeerRefused = nameof(PeerRefused);
    public const string SwarmNotJoined = nameof(SwarmNotJoined);
    public const string PeerStopped = nameof(PeerStopped);
    public const string NoSuchPeer = nameof(NoSuchPeer);

    // Shares and transfers
    public const string ShareNotFound = nameof(ShareNotFound);
    public const string ShareAmbiguous = nameof(ShareAmbiguous);
    public const string DuplicateShareName = nameof(DuplicateShareName);
    public const string NoSourceAvailable = nameof(NoSourceAvailable);
    public const string TransferFailed = nameof(TransferFailed);
    public const string TransferNotFound = nameof(TransferNotFound);
    public const string TransferExists = nameof(TransferExists);
    public const string TimedOut = nameof(TimedOut);
    public const string OfferNotTaken = nameof(OfferNotTaken);
    public const string OfferNotFound = nameof(OfferNotFound);
    public const string InvalidMetadata = nameof(InvalidMetadata);
    public const string ClaimRefused = nameof(ClaimRefused);

    // Files
    public const string PathNotFound = nameof(PathNotFound);
    public const string PathOutsideBase = nameof(PathOutsideBase);
    public const string FileUnreadable = nameof(FileUnreadable);
    public const string FileChanged = nameof(FileChanged);
    public const string FileExists = nameof(FileExists);
    public const string DestinationUnusable = nameof(DestinationUnusable);
    public const string AcceptPathNotWritable = nameof(AcceptPathNotWritable);
    public const string MirrorPathNotWritable = nameof(MirrorPathNotWritable);
    public const string DiskFull = nameof(DiskFull);
    public const string UnsafePath = nameof(UnsafePath);
    public const string EmptyShare = nameof(EmptyShare);
}
