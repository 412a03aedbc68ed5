using System.Management.Automation;
using P2PShare.PowerShell.Bridge;

namespace P2PShare.PowerShell.Jobs;

/// <summary>
/// Writes into the streams of a job. A job may be removed at any moment, and then its streams are closed or gone: what
/// was to be written has no reader any more. No lock is held while writing, since readers of others are called.
/// </summary>
internal sealed class JobOutput(Job job) : PipelineOutput
{
    // Nobody may ever read them.
    private const int MaximumRecords = 1000;

    private volatile bool _failed;

    /// <summary>Whether an error was written.</summary>
    public bool HasFailed => _failed;

    public override ValueTask WriteObjectAsync(object value) => Write(() => job.Output.Add(PSObject.AsPSObject(value)));

    public override ValueTask WriteErrorAsync(Exception exception, object? target = null)
    {
        _failed = true;
        return Write(() => job.Error.Add(ErrorRecords.Create(exception, target)));
    }

    public override ValueTask WriteVerboseAsync(string text) => Write(() => AddBounded(job.Verbose, new VerboseRecord(text)));

    public override ValueTask WriteDebugAsync(string text) => Write(() => AddBounded(job.Debug, new DebugRecord(text)));

    public override ValueTask WriteWarningAsync(string text) => Write(() => AddBounded(job.Warning, new WarningRecord(text)));

    // The user was asked before the job began: a job has nobody to ask.
    public override Task<bool> ShouldProcessAsync(string target, string action) => Task.FromResult(true);

    public void WriteProgress(ProgressRecord record) => Guard(() => AddBounded(job.Progress, record));

    private static void AddBounded<T>(PSDataCollection<T> stream, T record)
    {
        while (stream.Count >= MaximumRecords) stream.RemoveAt(0);
        stream.Add(record);
    }

    private static ValueTask Write(Action add)
    {
        Guard(add);
        return ValueTask.CompletedTask;
    }

    private static void Guard(Action add)
    {
        try
        {
            add();
        }
        catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            // Removed, finished, or read empty at the same moment.
        }
    }
}
