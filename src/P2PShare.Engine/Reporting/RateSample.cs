namespace P2PShare.Engine.Reporting;

/// <summary>How fast a peer was, and how many there were, at a moment.</summary>
/// <param name="Time">In UTC.</param>
/// <param name="DownloadRate">Bytes per second.</param>
/// <param name="UploadRate">Bytes per second.</param>
/// <param name="Peers">Peers in the roster.</param>
public readonly record struct RateSample(DateTime Time, long DownloadRate, long UploadRate, int Peers);
