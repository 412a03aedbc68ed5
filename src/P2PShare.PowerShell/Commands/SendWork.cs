using System.Diagnostics;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.PowerShell.Bridge;
using P2PShare.PowerShell.Jobs;
using P2PShare.PowerShell.Views;

namespace P2PShare.PowerShell.Commands;

/// <summary>The asynchronous part of Send-P2PFile: publishes one share after the other, and writes each as it is in the catalogue, or when those it is meant for have it.</summary>
internal sealed class SendWork(IReadOnlyList<PublishRequest> requests, SendDelivery delivery) : IProgress<PublishProgress>
{
    private volatile Step? _step;
    private int _begun;
    private long _started;

    public async Task RunAsync(LocalPeer peer, PipelineOutput output, CancellationToken token)
    {
        var waits = new List<Task>();
        foreach (var request in requests)
        {
            try
            {
                _started = Stopwatch.GetTimestamp();
                _step = new Step(_begun++, request.Name, null);
                await output.WriteVerboseAsync($"Publishing '{request.Name}'.").ConfigureAwait(false);
                var share = await peer.Engine.PublishAsync(request, this, token).ConfigureAwait(false);
                share = delivery.Offer(share);
                if (delivery.Waits) waits.Add(delivery.WaitAsync(share, output, token));
                else await output.WriteObjectAsync(share).ConfigureAwait(false);
            }
            catch (P2PShareException e)
            {
                await output.WriteErrorAsync(e, request.Path ?? request.Name).ConfigureAwait(false);
            }
        }

        _step = null;
        await Task.WhenAll(waits).ConfigureAwait(false);
    }

    /// <summary>Any thread: what the progress bars show.</summary>
    public IReadOnlyList<ProgressSample> Sample()
    {
        if (_step is not { } step) return delivery.Sample();
        var current = Current(step);
        if (requests.Count == 1) return [current];
        var percent = 100.0 * (step.Number + ((current.Percent ?? 0) / 100)) / requests.Count;
        return [new ProgressSample("Publishing", $"Share {step.Number + 1} of {requests.Count}", percent, null), current];
    }

    void IProgress<PublishProgress>.Report(PublishProgress value)
    {
        if (_step is { } step) _step = step with { Progress = value };
    }

    private ProgressSample Current(Step step)
    {
        var title = $"Hashing {DisplayText.Safe(step.Name)}";
        if (step.Progress is not { TotalBytes: > 0 } p) return new ProgressSample(title, "Looking for files", null, null);
        var elapsed = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        var rate = elapsed > 0 ? p.BytesHashed / elapsed : 0;
        TimeSpan? left = rate > 0 ? TimeSpan.FromSeconds((p.TotalBytes - p.BytesHashed) / rate) : null;
        var status = $"{DisplayText.Size(p.BytesHashed)} of {DisplayText.Size(p.TotalBytes)}, {p.FilesHashed} of {p.TotalFiles} files, {DisplayText.Rate((long)rate)}";
        return new ProgressSample(title, status, 100.0 * p.BytesHashed / p.TotalBytes, left);
    }

    private sealed record Step(int Number, string Name, PublishProgress? Progress);
}
