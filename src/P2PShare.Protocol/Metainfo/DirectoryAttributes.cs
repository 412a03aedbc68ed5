namespace P2PShare.Protocol.Metainfo;

/// <summary>A directory of a share, so that empty ones and all times are kept. Its names are the publisher's: nothing here has made them safe for a file system.</summary>
/// <param name="PathComponents">The path below the share; empty for the shared folder itself. A share that lists its own folder is a folder, even where <see cref="TorrentInfo.IsSingleFile"/> cannot tell.</param>
/// <param name="Attributes">Its time and mode.</param>
public sealed record DirectoryAttributes(IReadOnlyList<string> PathComponents, EntryAttributes Attributes);
