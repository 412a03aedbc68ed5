namespace P2PShare.Engine.Storage;

/// <summary>A file on this machine as it was when its content was hashed or verified.</summary>
/// <param name="FullPath">Where it is.</param>
/// <param name="Length">Bytes.</param>
/// <param name="ModifiedNs">The time of its last write in nanoseconds since 1970 UTC.</param>
/// <param name="WasThere">Whether it stood there, complete, before this peer began to receive it.</param>
internal readonly record struct SourceFile(string FullPath, long Length, long ModifiedNs, bool WasThere = false);
