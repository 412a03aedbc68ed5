namespace P2PShare.Engine.Catalogue;

/// <summary>A file or folder of a bundled share.</summary>
/// <param name="FullPath">Its absolute path on this machine.</param>
/// <param name="RelativePath">Where it stands in the share, with forward slashes.</param>
/// <param name="Recurse">For a folder: whether all below it is taken; else the folder alone (an empty one is kept).</param>
public sealed record PublishEntry(string FullPath, string RelativePath, bool Recurse);
