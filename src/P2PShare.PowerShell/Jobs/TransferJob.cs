using System.Management.Automation;
using P2PShare.PowerShell.Bridge;

namespace P2PShare.PowerShell.Jobs;

/// <summary>
/// What Send-P2PFile and Receive-P2PFile return with -AsJob: one child for each share. Completed when all children are,
/// Failed when one is not, Stopped by Stop-Job.
/// </summary>
public sealed class TransferJob : Job
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private readonly TransferChildJob[] _children;
    private readonly int _concurrency;
    private volatile bool _stopRequested;
    private Task _running = Task.CompletedTask;

    /// <param name="command">The command line that made it.</param>
    /// <param name="work">One child each.</param>
    /// <param name="concurrency">How many children run at a time.</param>
    internal TransferJob(string command, IEnumerable<TransferWork> work, int concurrency)
        : base(command)
    {
        PSJobTypeName = nameof(TransferJob);
        _concurrency = concurrency;
        _children = [.. work.Select(w => new TransferChildJob(command, w))];
        foreach (var child in _children) ChildJobs.Add(child);
    }

    public override bool HasMoreData => _children.Any(c => c.HasMoreData);

    public override string Location => "localhost";

    public override string StatusMessage
    {
        get
        {
            var done = _children.Count(c => c.JobStateInfo.State == JobState.Completed);
            return $"{done} of {_children.Length}";
        }
    }

    public override void StopJob()
    {
        if (IsFinished) return;
        _stopRequested = true;
        SetState(JobState.Stopping);
        foreach (var child in _children) child.Cancel();
        Blocking.Run(() => _running, StopLimit);
    }

    /// <summary>Begins; called once, when the job is known to the session.</summary>
    internal void Start()
    {
        SetState(JobState.Running);
        _running = Task.Run(RunAsync);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) foreach (var child in _children) child.Dispose();
        base.Dispose(disposing);
    }

    private bool IsFinished => JobStateInfo.State is JobState.Completed or JobState.Failed or JobState.Stopped;

    private async Task RunAsync()
    {
        using var ended = new CancellationTokenSource();
        var showing = ShowProgressAsync(ended.Token);
        await Parallel.ForEachAsync(
            _children,
            new ParallelOptions { MaxDegreeOfParallelism = _concurrency },
            static (child, _) => new ValueTask(child.RunAsync())).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await showing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var completed = _children.All(c => c.JobStateInfo.State == JobState.Completed);
        SetState(completed ? JobState.Completed : _stopRequested ? JobState.Stopped : JobState.Failed);
    }

    private async Task ShowProgressAsync(CancellationToken token)
    {
        using var timer = new PeriodicTimer(ProgressInterval);
        while (await timer.WaitForNextTickAsync(token).ConfigureAwait(false))
            foreach (var child in _children) child.ShowProgress();
    }

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
