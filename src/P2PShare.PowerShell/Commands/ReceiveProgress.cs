using P2PShare.Engine.Transfers;
using P2PShare.PowerShell.Bridge;
using P2PShare.PowerShell.Views;

namespace P2PShare.PowerShell.Commands;

/// <summary>What the progress bars of Receive-P2PFile show: all its transfers, and up to three of those that run.</summary>
internal sealed class ReceiveProgress
{
    private readonly Lock _gate = new();
    private readonly List<ITransfer> _transfers = [];

    /// <summary>The transfer that was added first; null when none was.</summary>
    public ITransfer? First
    {
        get
        {
            lock (_gate) return _transfers.Count > 0 ? _transfers[0] : null;
        }
    }

    public void Add(ITransfer transfer)
    {
        lock (_gate) _transfers.Add(transfer);
    }

    public IReadOnlyList<ProgressSample> Sample()
    {
        List<TransferInfo> all;
        lock (_gate) all = [.. _transfers.Select(t => t.GetSnapshot())];
        if (all.Count == 0) return [];
        if (all.Count == 1) return [One(all[0])];

        var length = all.Sum(t => t.Length);
        var completed = all.Sum(t => t.BytesCompleted);
        var rate = all.Sum(t => t.DownloadRate);
        var done = all.Count(t => t.State == TransferState.Completed);
        var overall = new ProgressSample(
            "Receiving",
            $"{done} of {all.Count} shares, {DisplayText.Size(completed)} of {DisplayText.Size(length)}{(rate > 0 ? ", " + DisplayText.Rate(rate) : "")}",
            length > 0 ? 100.0 * completed / length : null,
            rate > 0 ? TimeSpan.FromSeconds((length - completed) / (double)rate) : null);
        return [overall, .. all.Where(IsRunning).OrderByDescending(t => t.DownloadRate).Take(ProgressDisplay.MaximumChildren).Select(One)];
    }

    private static bool IsRunning(TransferInfo transfer) => transfer.State is > TransferState.Queued and < TransferState.Completed;

    private static ProgressSample One(TransferInfo t)
    {
        var status = t.State switch
        {
            TransferState.Transferring => $"{DisplayText.Size(t.BytesCompleted)} of {DisplayText.Size(t.Length)}{(t.DownloadRate > 0 ? ", " + DisplayText.Rate(t.DownloadRate) : "")}, {t.Sources} {(t.Sources == 1 ? "source" : "sources")}",
            TransferState.FetchingMetadata => "Fetching metadata",
            _ => t.State.ToString(),
        };
        return new ProgressSample($"Receiving {DisplayText.Safe(t.Name)}", status, t.Length > 0 ? t.PercentComplete : null, t.TimeRemaining);
    }
}
