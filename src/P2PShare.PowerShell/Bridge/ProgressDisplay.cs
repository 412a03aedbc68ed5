using System.Diagnostics;
using System.Management.Automation;

namespace P2PShare.PowerShell.Bridge;

/// <summary>
/// Progress bars that cost nothing: sampled at most once a second, none in the first two seconds, and an end mark only for
/// bars that were shown. Used on the pipeline thread alone.
/// </summary>
internal sealed class ProgressDisplay
{
    /// <summary>Bars below the overall one.</summary>
    public const int MaximumChildren = 3;

    // Any number will do that other cmdlets of a pipeline are unlikely to use.
    private const int OverallId = 0x5032_5000;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Cadence = TimeSpan.FromSeconds(1);

    private readonly PSCmdlet _cmdlet;
    private readonly Func<IReadOnlyList<ProgressSample>> _sample;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Dictionary<int, string> _shown = [];
    private TimeSpan _next = Quiet;

    /// <param name="cmdlet">The cmdlet whose progress stream is written.</param>
    /// <param name="sample">The overall state first, then up to <see cref="MaximumChildren"/> parts; empty for nothing to show.</param>
    public ProgressDisplay(PSCmdlet cmdlet, Func<IReadOnlyList<ProgressSample>> sample)
    {
        _cmdlet = cmdlet;
        _sample = sample;
    }

    /// <summary>Shows the present state if it is time to.</summary>
    public void Tick()
    {
        if (_clock.Elapsed < _next) return;
        _next = _clock.Elapsed + Cadence;
        var samples = _sample();
        for (var slot = 0; slot <= MaximumChildren; slot++)
        {
            if (slot < samples.Count) Show(slot, samples[slot]);
            else End(slot);
        }
    }

    /// <summary>Takes away the bars that are shown.</summary>
    public void Complete()
    {
        for (var slot = MaximumChildren; slot >= 0; slot--) End(slot);
    }

    private void Show(int slot, ProgressSample sample)
    {
        _shown[slot] = sample.Activity;
        _cmdlet.WriteProgress(new ProgressRecord(OverallId + slot, sample.Activity, sample.Status)
        {
            ParentActivityId = slot == 0 ? -1 : OverallId,
            PercentComplete = sample.Percent is { } percent ? Math.Clamp((int)percent, 0, 100) : -1,
            SecondsRemaining = sample.Remaining is { } left ? (int)Math.Clamp(left.TotalSeconds, 0, int.MaxValue) : -1,
        });
    }

    private void End(int slot)
    {
        if (!_shown.Remove(slot, out var activity)) return;
        _cmdlet.WriteProgress(new ProgressRecord(OverallId + slot, activity, " ") { ParentActivityId = slot == 0 ? -1 : OverallId, RecordType = ProgressRecordType.Completed });
    }
}
