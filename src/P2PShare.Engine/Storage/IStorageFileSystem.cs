namespace P2PShare.Engine.Storage;

/// <summary>
/// The few things storage does with a file system, so that tests can put one in its place that is full, slow, or loses
/// power. Paths are absolute; failures are the exceptions of System.IO.
/// </summary>
internal interface IStorageFileSystem
{
    /// <summary>Looks at a path.</summary>
    /// <param name="path">What to look at; a missing one is an answer, not an error.</param>
    /// <param name="followLink">Whether, if it is a link, what it leads to is looked at instead.</param>
    FileEntry Stat(string path, bool followLink = false);

    /// <summary>The absolute paths of what is in a folder, sorted, to be looked at in a fixed order.</summary>
    IReadOnlyList<string> List(string path);

    /// <summary>The path with all links in it resolved.</summary>
    string RealPath(string path);

    /// <summary>Opens an existing file; others may go on reading, writing, renaming and deleting it.</summary>
    IStorageFile OpenRead(string path);

    /// <summary>Opens a file for reading and writing; others may do the same.</summary>
    /// <param name="path">The file.</param>
    /// <param name="createNew">Whether it is created; then it must not exist, not even as a dangling link.</param>
    IStorageFile OpenWrite(string path, bool createNew);

    /// <summary>Creates a file, for reading and writing, at a path in which there is no link, in one step that goes through none.</summary>
    /// <returns>
    /// Null where it cannot be done so: the file exists, a folder is missing, something on the way is a link, or the system has no
    /// such call. The other calls tell which.
    /// </returns>
    IStorageFile? TryCreate(string realPath) => null;

    /// <summary>Creates a folder and those above it; nothing happens when it exists.</summary>
    void CreateDirectory(string path);

    /// <summary>Renames a file; a link at the target is replaced, not followed.</summary>
    void Move(string source, string target, bool overwrite);

    /// <summary>Deletes a file or link; nothing happens when there is none.</summary>
    void Delete(string path);

    /// <summary>Deletes a folder if it is empty; else nothing happens.</summary>
    void DeleteEmptyDirectory(string path);

    /// <summary>Returns when the names in a folder survive a power cut; does nothing where a system has no such thing.</summary>
    void FlushDirectory(string path);

    /// <summary>Flushes everything written to the file system that <paramref name="path"/> is on; false where that cannot be asked for.</summary>
    bool TryFlushFileSystem(string path);

    /// <summary>Bytes that can still be written where <paramref name="path"/> is; <see cref="long.MaxValue"/> when unknown.</summary>
    long AvailableBytes(string path);

    /// <summary>Sets a folder's time of the last write (nanoseconds since 1970 UTC) and, on Unix, its permissions; null leaves either.</summary>
    void SetDirectoryAttributes(string path, long? modifiedNs, UnixFileMode? mode);
}
