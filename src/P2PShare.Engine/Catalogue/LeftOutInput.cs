namespace P2PShare.Engine.Catalogue;

/// <summary>An input that makes no share of its own, since a folder above it is shared.</summary>
/// <param name="FullPath">Its absolute path.</param>
/// <param name="SharedFolder">The folder it is shared with.</param>
public sealed record LeftOutInput(string FullPath, string SharedFolder);
