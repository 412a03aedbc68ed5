namespace P2PShare.PowerShell.Bridge;

/// <summary>What one progress bar shows.</summary>
/// <param name="Activity">Its title; never empty.</param>
/// <param name="Status">The line below; never empty.</param>
/// <param name="Percent">0 to 100; null when it cannot be told.</param>
/// <param name="Remaining">Time left; null when it cannot be told.</param>
internal sealed record ProgressSample(string Activity, string Status, double? Percent, TimeSpan? Remaining);
