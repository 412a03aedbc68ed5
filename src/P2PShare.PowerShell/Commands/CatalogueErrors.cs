using P2PShare.Engine.Errors;

namespace P2PShare.PowerShell.Commands;

/// <summary>What goes wrong when shares are looked up, in one wording for all cmdlets.</summary>
internal static class CatalogueErrors
{
    public static P2PShareException ShareNotFound(string pattern) =>
        new(ErrorKind.ObjectNotFound, ErrorIds.ShareNotFound, $"No share '{pattern}' is in the catalogue.", pattern, "Get-P2PShare lists the shares there are.");

    public static P2PShareException ShareNotOfferedHere(string wanted) =>
        new(ErrorKind.ObjectNotFound, ErrorIds.OfferNotFound, $"Nobody offers this peer a share '{wanted}'.", wanted, "Get-P2PShare -Offered lists what is offered.");

    public static P2PShareException ShareNotOffered(string pattern) =>
        new(ErrorKind.ObjectNotFound, ErrorIds.ShareNotFound, $"This peer offers no share '{pattern}'.", pattern, "Get-P2PShare lists the shares there are.");

    public static P2PShareException FileNotInShare(string file, string share) =>
        new(ErrorKind.ObjectNotFound, ErrorIds.PathNotFound, $"The share '{share}' has no file '{file}'.", file, "Get-P2PFile lists its files.");

    public static P2PShareException Interrupted(string name) =>
        new(ErrorKind.OperationStopped, CmdletErrorIds.TransferInterrupted, $"The transfer of '{name}' was suspended or stopped.", null, "Receive it again to go on.");
}
