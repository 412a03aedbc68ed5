using P2PShare.PowerShell.Bridge;

namespace P2PShare.PowerShell.Jobs;

/// <summary>What one child of a <see cref="TransferJob"/> does.</summary>
/// <param name="Name">The child's name.</param>
/// <param name="PeerId">The local peer that does it.</param>
/// <param name="RunAsync">The work; ends soon after its token is cancelled.</param>
/// <param name="Sample">How far it is; empty for nothing to show.</param>
/// <param name="TransferId">The transfer, once there is one.</param>
internal sealed record TransferWork(
    string Name,
    string PeerId,
    Func<PipelineOutput, CancellationToken, Task> RunAsync,
    Func<IReadOnlyList<ProgressSample>> Sample,
    Func<string?> TransferId);
