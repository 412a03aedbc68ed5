using System.Management.Automation;
using P2PShare.Engine.Errors;
using P2PShare.PowerShell.Bridge;

namespace P2PShare.PowerShell.Jobs;

/// <summary>One share that a <see cref="TransferJob"/> sends or receives: its output are the objects the cmdlet would have written.</summary>
public sealed class TransferChildJob : Job
{
    private const int ProgressId = 0x5032_6000;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private readonly TransferWork _work;
    private readonly JobOutput _output;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;
    private string? _shownActivity;

    internal TransferChildJob(string command, TransferWork work)
        : base(command, work.Name)
    {
        _work = work;
        _output = new JobOutput(this);
        PSJobTypeName = nameof(TransferJob);
        Output.EnumeratorNeverBlocks = true;
        Error.EnumeratorNeverBlocks = true;
    }

    /// <summary>The local peer that does it.</summary>
    public string PeerId => _work.PeerId;

    /// <summary>The transfer, once there is one: binds to the cmdlets for transfers.</summary>
    public string? TransferId => _work.TransferId();

    public override bool HasMoreData => Output.Count > 0 || Error.Count > 0;

    public override string Location => "localhost";

    public override string StatusMessage => _work.Sample() is [var sample, ..] ? sample.Status : "";

    internal Task Ended => _ended.Task;

    public override void StopJob()
    {
        if (IsFinished) return;
        SetState(JobState.Stopping);
        Cancel();
        Blocking.Run(() => Ended, StopLimit);
    }

    /// <summary>Does the work, once; whatever comes of it is in the streams and the state.</summary>
    internal async Task RunAsync()
    {
        if (Interlocked.Exchange(ref _begun, 1) != 0) return;
        var stopped = _stopping.IsCancellationRequested;
        try
        {
            if (!stopped)
            {
                SetState(JobState.Running);
                await _work.RunAsync(_output, _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            stopped = true;
        }
        catch (Exception e)
        {
            await _output.WriteErrorAsync(e is OperationCanceledException ? new P2PShareException(ErrorKind.OperationStopped, ErrorIds.PeerStopped, "The peer has stopped.") : e, _work.Name).ConfigureAwait(false);
        }

        if (_shownActivity is { } activity) _output.WriteProgress(new ProgressRecord(ProgressId, activity, " ") { RecordType = ProgressRecordType.Completed });

        // A final state closes the streams, so everything has to be there before it.
        SetState(stopped ? JobState.Stopped : _output.HasFailed ? JobState.Failed : JobState.Completed);
        _ended.TrySetResult();
    }

    /// <summary>Writes how far it is to the progress stream.</summary>
    internal void ShowProgress()
    {
        if (JobStateInfo.State != JobState.Running || _work.Sample() is not [var sample, ..]) return;
        _shownActivity = sample.Activity;
        _output.WriteProgress(new ProgressRecord(ProgressId, sample.Activity, sample.Status)
        {
            PercentComplete = sample.Percent is { } percent ? Math.Clamp((int)percent, 0, 100) : -1,
            SecondsRemaining = sample.Remaining is { } left ? (int)Math.Clamp(left.TotalSeconds, 0, int.MaxValue) : -1,
        });
    }

    /// <summary>Asks it to end, and waits for nothing.</summary>
    internal void Cancel()
    {
        try
        {
            _stopping.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Removed at the same moment.
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Cancel();
            _stopping.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool IsFinished => JobStateInfo.State is JobState.Completed or JobState.Failed or JobState.Stopped;

    private void SetState(JobState state)
    {
        try
        {
            if (!IsFinished) SetJobState(state);
        }
        catch (ObjectDisposedException)
        {
            // Removed at the same moment.
        }
    }
}
