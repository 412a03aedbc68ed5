using System.Management.Automation;
using System.Threading.Channels;

namespace P2PShare.PowerShell.Bridge;

/// <summary>
/// The worker's end of a bridge to the pipeline: what it writes is queued, and the pipeline thread alone hands it on.
/// The queue is bounded, so a slow reader downstream slows the worker.
/// </summary>
internal sealed class CmdletOutput : PipelineOutput
{
    private const int Capacity = 256;

    private readonly Channel<Action<PSCmdlet>> _queue =
        Channel.CreateBounded<Action<PSCmdlet>>(new BoundedChannelOptions(Capacity) { SingleReader = true, AllowSynchronousContinuations = false });

    private readonly CancellationToken _cancellationToken;
    private Task<bool>? _more;

    public CmdletOutput(CancellationToken cancellationToken) => _cancellationToken = cancellationToken;

    public override ValueTask WriteObjectAsync(object value) => EnqueueAsync(c => c.WriteObject(value));

    public override ValueTask WriteErrorAsync(Exception exception, object? target = null) => EnqueueAsync(c => c.WriteError(ErrorRecords.Create(exception, target)));

    public override ValueTask WriteVerboseAsync(string text) => EnqueueAsync(c => c.WriteVerbose(text));

    public override ValueTask WriteDebugAsync(string text) => EnqueueAsync(c => c.WriteDebug(text));

    public override ValueTask WriteWarningAsync(string text) => EnqueueAsync(c => c.WriteWarning(text));

    public override async Task<bool> ShouldProcessAsync(string target, string action)
    {
        // Only the pipeline thread may ask.
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await EnqueueAsync(c => answer.SetResult(c.ShouldProcess(target, action))).ConfigureAwait(false);
        return await answer.Task.WaitAsync(_cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The worker has nothing more to write.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    /// <summary>Pipeline thread: hands on what is queued.</summary>
    public void Drain(PSCmdlet cmdlet)
    {
        while (_queue.Reader.TryRead(out var action)) action(cmdlet);
    }

    /// <summary>Pipeline thread: waits until something is queued, the worker has ended (false), or the time is over.</summary>
    public bool WaitForMore(TimeSpan timeout)
    {
        // One wait is kept over several calls: each call of its own would leave a waiter behind in the channel.
        var more = _more ?? _queue.Reader.WaitToReadAsync(CancellationToken.None).AsTask();

        // The pipeline thread is PowerShell's and synchronous: this is where it blocks, and nowhere else.
        _more = Task.WaitAny([more], timeout) < 0 ? more : null;
        return _more is not null || more.GetAwaiter().GetResult();
    }

    private ValueTask EnqueueAsync(Action<PSCmdlet> action) => _queue.Writer.WriteAsync(action, _cancellationToken);
}
