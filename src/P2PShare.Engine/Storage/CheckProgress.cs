namespace P2PShare.Engine.Storage;

/// <summary>How far the verification of what is already on disk has come.</summary>
/// <param name="BytesChecked">Bytes looked at.</param>
/// <param name="TotalBytes">Bytes to look at.</param>
internal readonly record struct CheckProgress(long BytesChecked, long TotalBytes);
