using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Storage;

/// <summary>Makes sure, before anything relies on it, that files can be made in a folder.</summary>
internal static class WritableFolder
{
    /// <summary>Makes the folder if need be, and a file in it that is gone again.</summary>
    /// <param name="folder">Its path: absolute.</param>
    /// <param name="errorId">The id of the error when it cannot be written.</param>
    /// <exception cref="P2PShareException">With <paramref name="errorId"/>.</exception>
    public static void Require(string folder, string errorId)
    {
        try
        {
            if (!Path.IsPathFullyQualified(folder)) throw new IOException("It is not an absolute path.");
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, SafeName.PartialPrefix + Path.GetRandomFileName() + SafeName.PartialSuffix);
            using var file = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            file.WriteByte(0);
        }
        catch (Exception error) when (StorageErrors.IsFileError(error) || error is ArgumentException)
        {
            throw new P2PShareException(
                ErrorKind.WriteError, errorId, $"Nothing can be received into '{DisplayName.Escape(folder)}': {error.Message}", folder,
                "Give a folder that exists or can be made, and that the user who runs the peer may write to.", error);
        }
    }
}
