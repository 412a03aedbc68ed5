namespace P2PShare.Engine.Storage;

/// <summary>What stands at a path now.</summary>
/// <param name="Kind">Of the path itself, unless links were to be followed.</param>
/// <param name="Length">Bytes; 0 for all but files.</param>
/// <param name="ModifiedNs">The time of the last write in nanoseconds since 1970 UTC.</param>
/// <param name="Mode">Unix permissions; null on Windows.</param>
/// <param name="Identity">Names the file or folder on this machine whatever its path; default where the system does not tell.</param>
internal readonly record struct FileEntry(
    EntryKind Kind, long Length, long ModifiedNs, UnixFileMode? Mode = null, (ulong Device, ulong Inode) Identity = default);
