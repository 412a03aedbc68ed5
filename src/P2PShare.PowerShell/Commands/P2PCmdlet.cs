using System.Diagnostics;
using System.Management.Automation;
using System.Runtime.ExceptionServices;
using P2PShare.Engine.Errors;
using P2PShare.PowerShell.Bridge;

namespace P2PShare.PowerShell.Commands;

/// <summary>Base of all cmdlets: cancels its work when the pipeline stops, and turns engine errors into error records.</summary>
public abstract class P2PCmdlet : PSCmdlet, IDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(200);

    // Ctrl-C must give the prompt back within a second; what is still being flushed goes on in the background.
    private static readonly TimeSpan StopPatience = TimeSpan.FromMilliseconds(700);

    private readonly CancellationTokenSource _stopping = new();
    private long _stoppedAt;

    /// <summary>How long the worker may still be waited for: counted from Ctrl-C, once, however many waits there are.</summary>
    private TimeSpan PatienceLeft
    {
        get
        {
            var stoppedAt = Volatile.Read(ref _stoppedAt);
            if (stoppedAt == 0) return StopPatience;
            var left = StopPatience - Stopwatch.GetElapsedTime(stoppedAt);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing) _stopping.Dispose();
    }

    protected sealed override void BeginProcessing() => Guard(Begin);

    protected sealed override void ProcessRecord() => Guard(Process);

    protected sealed override void EndProcessing() => Guard(End);

    protected sealed override void StopProcessing()
    {
        Volatile.Write(ref _stoppedAt, Stopwatch.GetTimestamp());
        try
        {
            // Not here: what the worker does when it is cancelled, flushing files among it, would hold up the prompt.
            _ = _stopping.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The cmdlet ended at the same moment.
        }
    }

    private protected virtual void Begin()
    {
    }

    private protected virtual void Process()
    {
    }

    private protected virtual void End()
    {
    }

    private protected void WriteError(Exception exception, object? target = null) => WriteError(ErrorRecords.Create(exception, target));

    /// <summary>Runs <paramref name="work"/> on a worker and hands its output on until it ends; then throws what it threw.</summary>
    /// <param name="work">Must end soon after its token is cancelled.</param>
    /// <param name="tick">Called on the pipeline thread about five times a second.</param>
    private protected void Run(Func<PipelineOutput, CancellationToken, Task> work, Action? tick = null)
    {
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var output = new CmdletOutput(cancel.Token);
        var worker = Task.Run(() => WorkAsync(work, output, cancel), CancellationToken.None);
        try
        {
            while (output.WaitForMore(PatienceLeft < TickInterval ? PatienceLeft : TickInterval))
            {
                output.Drain(this);
                tick?.Invoke();
                if (PatienceLeft == TimeSpan.Zero) throw new PipelineStoppedException();
            }
        }
        catch
        {
            // The pipeline ended, or something downstream had enough: the worker is told, and given a moment to put things in order.
            if (!worker.IsCompleted) CancelQuietly(cancel);
            Task.WaitAny([worker], PatienceLeft);
            throw;
        }

        // The queue is completed a moment before the worker is.
        Task.WaitAny([worker], PatienceLeft);
        if (worker.Exception?.InnerException is { } failure) ExceptionDispatchInfo.Throw(failure);
        if (worker.IsCanceled) throw new PipelineStoppedException();
    }

    /// <summary>Runs <paramref name="work"/> on a worker and returns its result.</summary>
    private protected T Run<T>(Func<CancellationToken, Task<T>> work)
    {
        T result = default!;
        Run(async (_, token) => result = await work(token).ConfigureAwait(false));
        return result;
    }

    private static async Task WorkAsync(Func<PipelineOutput, CancellationToken, Task> work, CmdletOutput output, CancellationTokenSource cancel)
    {
        try
        {
            await work(output, cancel.Token).ConfigureAwait(false);
        }
        finally
        {
            output.Complete();
            cancel.Dispose();
        }
    }

    private static void CancelQuietly(CancellationTokenSource cancel)
    {
        try
        {
            _ = cancel.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The worker ended by itself.
        }
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (P2PShareException e)
        {
            ThrowTerminatingError(ErrorRecords.Create(e));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }
}
