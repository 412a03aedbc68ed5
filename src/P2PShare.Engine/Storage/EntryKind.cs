namespace P2PShare.Engine.Storage;

/// <summary>What stands at a path, itself and not what it may point to.</summary>
internal enum EntryKind
{
    Missing,
    File,
    Directory,

    /// <summary>A symbolic link or, on Windows, any other reparse point that redirects (a junction).</summary>
    Link,

    /// <summary>A device, a pipe, a socket.</summary>
    Special,
}
