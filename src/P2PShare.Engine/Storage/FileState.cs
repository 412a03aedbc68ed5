namespace P2PShare.Engine.Storage;

/// <summary>By what a change of a file is noticed without reading it.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="ModifiedNs">The time of the last write in nanoseconds since 1970 UTC.</param>
internal readonly record struct FileState(long Length, long ModifiedNs);
