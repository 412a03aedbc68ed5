using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>Keeps a <see cref="ResumeState"/> in a file such that whenever the power goes, the last or the one before can be read.</summary>
internal sealed class ResumeStore(IStorageFileSystem fileSystem, string path)
{
    // Far above any state: 2 million pieces and as many files.
    private const long MaxBytes = 256 * 1024 * 1024;

    private string Previous => path + ".old";

    private string Next => path + ".new";

    /// <summary>Reads the state.</summary>
    /// <param name="info">The share it must be of.</param>
    /// <param name="isPrevious">Whether the last one could not be read and this is the one before: true once, but what it claims may have been taken back since.</param>
    public ResumeState? Load(TorrentInfo info, out bool isPrevious)
    {
        isPrevious = false;
        if (Read(path, info) is { } last) return last;
        isPrevious = true;
        return Read(Previous, info);
    }

    /// <summary>Saves a state; when this returns it survives a power cut.</summary>
    public void Save(ResumeState state)
    {
        try
        {
            var folder = Path.GetDirectoryName(path)!;
            fileSystem.CreateDirectory(folder);
            fileSystem.Delete(Next);
            using (var file = fileSystem.OpenWrite(Next, createNew: true))
            {
                file.Write(state.ToBytes(), 0);
                file.Flush();
            }

            if (fileSystem.Stat(path).Kind == EntryKind.File) fileSystem.Move(path, Previous, overwrite: true);
            fileSystem.Move(Next, path, overwrite: true);
            fileSystem.FlushDirectory(folder);
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            throw StorageErrors.Writing(error, path);
        }
    }

    /// <summary>Forgets it.</summary>
    public void Delete()
    {
        try
        {
            fileSystem.Delete(path);
            fileSystem.Delete(Previous);
            fileSystem.Delete(Next);
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            throw StorageErrors.Writing(error, path);
        }
    }

    private ResumeState? Read(string file, TorrentInfo info)
    {
        try
        {
            var entry = fileSystem.Stat(file);
            if (entry.Kind != EntryKind.File || entry.Length > MaxBytes) return null;
            var bytes = new byte[entry.Length];
            using var open = fileSystem.OpenRead(file);
            return open.Read(bytes, 0) == bytes.Length ? ResumeState.Parse(bytes, info) : null;
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            // Whatever cannot be read is verified instead.
            return null;
        }
    }
}
