namespace P2PShare.Engine.Catalogue;

/// <summary>A file or folder a user wants to share.</summary>
/// <param name="FullPath">Its absolute path.</param>
/// <param name="IsFolder">Whether it is a folder.</param>
public sealed record ShareInput(string FullPath, bool IsFolder);
