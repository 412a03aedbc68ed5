namespace P2PShare.Engine.Transfers;

/// <summary>
/// Threads of their own for hashing and disk writes: a heartbeat or a read from a socket never queues behind them.
/// What is queued is bounded by its makers (pieces by the buffer pool, leaf hash answers by session).
/// </summary>
internal sealed class HashWorkers : IHashQueue, IDisposable
{
    // Waited on by its monitor, which does not spin as a semaphore does: pieces are milliseconds apart, and cores are needed.
    private readonly object _gate = new();
    private readonly Queue<IHashWork> _queue = new();
    private readonly Thread[] _threads;
    private volatile bool _stopping;

    /// <param name="count">Number of threads; 0 for one a core.</param>
    public HashWorkers(int count = 0)
    {
        _threads = new Thread[count > 0 ? count : Environment.ProcessorCount];
        for (var i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = "P2PShare hashing" };
            _threads[i].Start();
        }
    }

    /// <summary>Queues work; ignored after <see cref="Dispose"/>.</summary>
    public void Enqueue(IHashWork work)
    {
        if (_stopping) return;
        lock (_gate)
        {
            _queue.Enqueue(work);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Ends the threads after the work they are at; what is queued is dropped. Waits for them at most two seconds.</summary>
    public void Dispose()
    {
        if (_stopping) return;
        _stopping = true;
        lock (_gate) Monitor.PulseAll(_gate);
        var deadline = Environment.TickCount64 + 2000;
        foreach (var thread in _threads)
        {
            if (thread != Thread.CurrentThread) thread.Join((int)Math.Max(0, deadline - Environment.TickCount64));
        }
    }

    private void Work()
    {
        while (true)
        {
            IHashWork? work;
            lock (_gate)
            {
                while (!_queue.TryDequeue(out work) && !_stopping) Monitor.Wait(_gate);
            }

            if (_stopping) return;
            work!.Run();
        }
    }
}
