namespace P2PShare.Engine.Storage;

/// <summary>A file to be published as it was when it was found.</summary>
/// <param name="FullPath">Where it is.</param>
/// <param name="Components">Its path in the share.</param>
/// <param name="Length">Bytes.</param>
/// <param name="ModifiedNs">The time of its last write in nanoseconds since 1970 UTC.</param>
/// <param name="Mode">Unix mode; null on Windows.</param>
internal sealed record ScannedFile(string FullPath, string[] Components, long Length, long ModifiedNs, int? Mode);
