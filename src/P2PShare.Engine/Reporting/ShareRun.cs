using P2PShare.Engine.Catalogue;

namespace P2PShare.Engine.Reporting;

/// <summary>What became of a share during a run.</summary>
/// <param name="Share">As it was last seen.</param>
/// <param name="Samples">Its copies, a sample for each change, oldest first.</param>
public sealed record ShareRun(ShareInfo Share, IReadOnlyList<CopySample> Samples);
