using System.Runtime.ExceptionServices;

namespace P2PShare.Engine.Storage;

/// <summary>
/// Runs hashing and flushing on threads of their own: the thread pool belongs to connections, whose heartbeats must not queue behind a
/// terabyte. A thread waits some seconds for more to do before it ends, since a small share takes several short turns.
/// </summary>
internal sealed class StorageThreads
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Stack<Worker> _idle = new();

    /// <summary>
    /// Runs <paramref name="work"/> on <paramref name="count"/> threads and ends when all have returned. The first failure
    /// cancels the others and is what the task fails with.
    /// </summary>
    public async Task RunAsync(int count, Action<CancellationToken> work, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var failures = new Failure();
        var threads = new Task[count];
        for (var i = 0; i < count; i++) threads[i] = Start(work, stop, failures);
        await Task.WhenAll(threads).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        failures.First?.Throw();
    }

    private Task Start(Action<CancellationToken> work, CancellationTokenSource stop, Failure failures)
    {
        var job = new Job(work, stop, failures);
        Worker? worker;
        lock (_lock) _idle.TryPop(out worker);
        if (worker is not null) worker.Give(job);
        else new Worker(this, job).Start();
        return job.Ended;
    }

    private sealed class Job(Action<CancellationToken> work, CancellationTokenSource stop, Failure failures)
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public void Run()
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
        }

        public void End() => _ended.SetResult();
    }

    private sealed class Worker(StorageThreads owner, Job first)
    {
        private readonly object _signal = new();
        private Job? _job = first;

        public void Start() => new Thread(Work) { IsBackground = true, Name = "P2PShare storage", Priority = ThreadPriority.BelowNormal }.Start();

        public void Give(Job job)
        {
            lock (_signal)
            {
                _job = job;
                Monitor.Pulse(_signal);
            }
        }

        private void Work()
        {
            while (Take() is { } job)
            {
                job.Run();
                // Before the end is told: who goes on from there finds this thread, and starts no other.
                lock (owner._lock) owner._idle.Push(this);
                job.End();
            }
        }

        private Job? Take()
        {
            lock (_signal)
            {
                if (_job is null && !Monitor.Wait(_signal, IdleTime) && _job is null && Retire()) return null;
                // Whoever took it off the idle ones is about to give it something.
                while (_job is null) Monitor.Wait(_signal);
                var job = _job;
                _job = null;
                return job;
            }
        }

        private bool Retire()
        {
            lock (owner._lock)
            {
                if (!owner._idle.Contains(this)) return false;
                var others = owner._idle.Where(other => other != this).Reverse().ToList();
                owner._idle.Clear();
                foreach (var other in others) owner._idle.Push(other);
                return true;
            }
        }
    }

    private sealed class Failure
    {
        private ExceptionDispatchInfo? _first;

        public ExceptionDispatchInfo? First => Volatile.Read(ref _first);

        public void Add(Exception error) => Interlocked.CompareExchange(ref _first, ExceptionDispatchInfo.Capture(error), null);
    }
}
