using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Storage;

/// <summary>Turns what the system says into what the user can act on.</summary>
internal static class StorageErrors
{
    private const int TooManyOpenFilesInSystem = 23;
    private const int TooManyOpenFiles = 24;

    /// <summary>Whether an exception is one that a file system's doings explain.</summary>
    public static bool IsFileError(Exception error) =>
        error is IOException or UnauthorizedAccessException or NotSupportedException or System.Security.SecurityException;

    public static bool IsDiskFull(Exception error)
    {
        // ENOSPC; EDQUOT on Linux and on macOS; ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL, ERROR_DISK_QUOTA_EXCEEDED
        if (error is not IOException) return false;
        return OperatingSystem.IsWindows()
            ? (uint)error.HResult is 0x80070070 or 0x80070027 or 0x8007050F
            : error.HResult == 28 || error.HResult == (OperatingSystem.IsMacOS() ? 69 : 122);
    }

    /// <summary>Whether another program has the file open in a way that will pass.</summary>
    public static bool IsSharingViolation(Exception error)
    {
        const int Busy = 16, TextBusy = 26;
        return OperatingSystem.IsWindows()
            ? error is UnauthorizedAccessException || (uint)error.HResult is 0x80070020 or 0x80070021 or 0x80070005
            : error is IOException && error.HResult is Busy or TextBusy;
    }

    public static bool IsOutOfHandles(Exception error) =>
        error is IOException && (OperatingSystem.IsWindows()
            ? (uint)error.HResult == 0x80070004
            : error.HResult is TooManyOpenFiles or TooManyOpenFilesInSystem);

    /// <summary>A failure to write below the destination.</summary>
    public static P2PShareException Writing(Exception error, string path)
    {
        if (error is P2PShareException known) return known;
        var name = DisplayName.Escape(path);
        if (IsDiskFull(error)) return DiskFull($"There is no space left for '{name}'.", path, error);
        return new P2PShareException(
            ErrorKind.WriteError, ErrorIds.DestinationUnusable, $"'{name}' cannot be written: {error.Message}", path,
            "Check that the folder exists, that the disk is connected and that you may write there, or choose another destination.", error);
    }

    public static P2PShareException DiskFull(string message, string path, Exception? error = null) => new(
        ErrorKind.WriteError, ErrorIds.DiskFull, message, path,
        "Free some space and continue, or receive to another disk; what was verified is kept.", error);

    /// <summary>A failure to read a file whose content others rely on.</summary>
    public static P2PShareException Reading(Exception error, string path)
    {
        if (error is P2PShareException known) return known;
        var name = DisplayName.Escape(path);
        if (error is FileNotFoundException or DirectoryNotFoundException) return Changed($"'{name}' is no longer there.", path, error);
        return new P2PShareException(
            ErrorKind.ReadError, ErrorIds.FileUnreadable, $"'{name}' cannot be read: {error.Message}", path,
            "Check that you may read the file and that no other program has it locked.", error);
    }

    public static P2PShareException Changed(string message, string path, Exception? error = null) => new(
        ErrorKind.InvalidData, ErrorIds.FileChanged, message, path,
        "Publish it again when it no longer changes.", error);

    public static P2PShareException Exists(string message, string path) => new(
        ErrorKind.ResourceExists, ErrorIds.FileExists, message, path,
        "Move it away, have it overwritten (-Force, --force), or choose another destination.");

    public static P2PShareException Unsafe(string message, string path) => new(
        ErrorKind.InvalidData, ErrorIds.UnsafePath, message, path,
        "Remove the link, or choose another destination.");
}
