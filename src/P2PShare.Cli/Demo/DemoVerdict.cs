namespace P2PShare.Cli.Demo;

/// <summary>How a received share compares with its source.</summary>
/// <param name="Peer">The receiver.</param>
/// <param name="Share">The share's name.</param>
/// <param name="Files">Number of files found.</param>
/// <param name="Differences">One line for each file that is missing, different or too many.</param>
internal sealed record DemoVerdict(string Peer, string Share, int Files, IReadOnlyList<string> Differences);
