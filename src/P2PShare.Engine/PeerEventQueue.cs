using System.Threading.Channels;

namespace P2PShare.Engine;

/// <summary>
/// Raises a peer's events one at a time on a task of its own, so that no handler can hold up the engine. When handlers
/// fall far behind, the oldest progress is what is lost, never the engine's time.
/// </summary>
internal sealed class PeerEventQueue : IAsyncDisposable
{
    private const int Capacity = 4096;

    private readonly Channel<Func<PeerEvent?>> _queue = Channel.CreateBounded<Func<PeerEvent?>>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly Action<PeerEvent> _raise;
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;

    public PeerEventQueue(Action<PeerEvent> raise)
    {
        _raise = raise;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Begins to raise: what was posted before waits until then.</summary>
    public void Begin() => _begun.TrySetResult();

    public void Post(PeerEvent happened) => Post(() => happened);

    /// <summary>
    /// Queues an event that is described when it is raised, if ever: names are taken from records, which are checked when they
    /// are first used, and a peer that nobody watches need not.
    /// </summary>
    /// <param name="describe">Gives the event; null when there is none after all.</param>
    public void Post(Func<PeerEvent?> describe) => _queue.Writer.TryWrite(describe);

    /// <summary>Raises what is queued and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        Begin();
        _queue.Writer.TryComplete();
        await _running.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        await _begun.Task.ConfigureAwait(false);
        await foreach (var describe in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                if (describe() is { } happened) _raise(happened);
            }
            catch (Exception)
            {
                // A subscriber's own failure is the subscriber's; the others and the engine go on.
            }
        }
    }
}
