namespace P2PShare.Engine.Catalogue;

/// <summary>How far the hashing of a share is.</summary>
/// <param name="BytesHashed">Bytes hashed so far.</param>
/// <param name="TotalBytes">Bytes of all files.</param>
/// <param name="FilesHashed">Files hashed so far.</param>
/// <param name="TotalFiles">Number of files.</param>
/// <param name="CurrentFile">A file being hashed, relative to the share; null when none is.</param>
public sealed record PublishProgress(long BytesHashed, long TotalBytes, int FilesHashed, int TotalFiles, string? CurrentFile);
