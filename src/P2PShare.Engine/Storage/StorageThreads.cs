using System.Runtime.ExceptionServices;

namespace P2PShare.Engine.Storage;

/// <summary>
/// Runs hashing and flushing on threads of their own: the thread pool belongs to connections, whose heartbeats must not queue behind a
/// terabyte.
/// </summary>
internal static class StorageThreads
{
    /// <summary>
    /// Runs <paramref name="work"/> on <paramref name="count"/> threads and ends when all have returned. The first failure
    /// cancels the others and is what the task fails with.
    /// </summary>
    public static async Task RunAsync(int count, Action<CancellationToken> work, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var failures = new Failure();
        var threads = new Task[count];
        for (var i = 0; i < count; i++) threads[i] = Start(work, stop, failures);
        await Task.WhenAll(threads).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        failures.First?.Throw();
    }

    private static Task Start(Action<CancellationToken> work, CancellationTokenSource stop, Failure failures)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                work(stop.Token);
            }
            catch (Exception error)
            {
                failures.Add(error);
                stop.Cancel();
            }
            finally
            {
                ended.SetResult();
            }
        })
        {
            IsBackground = true,
            Name = "P2PShare storage",
            Priority = ThreadPriority.BelowNormal,
        };
        thread.Start();
        return ended.Task;
    }

    private sealed class Failure
    {
        private ExceptionDispatchInfo? _first;

        public ExceptionDispatchInfo? First => Volatile.Read(ref _first);

        public void Add(Exception error) => Interlocked.CompareExchange(ref _first, ExceptionDispatchInfo.Capture(error), null);
    }
}
