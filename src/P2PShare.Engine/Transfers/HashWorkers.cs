namespace P2PShare.Engine.Transfers;

/// <summary>
/// Threads of their own for hashing and disk writes: a heartbeat or a read from a socket never queues behind them. They are
/// started when there is work for them: a peer that only serves needs none.
/// What is queued is bounded by its makers (pieces by the buffer pool, leaf hash answers by session).
/// </summary>
internal sealed class HashWorkers : IHashQueue, IDisposable
{
    // Waited on by its monitor, which does not spin as a semaphore does: pieces are milliseconds apart, and cores are needed.
    private readonly object _gate = new();
    private readonly Queue<IHashWork> _queue = new();
    private readonly List<Thread> _threads = [];
    private readonly int _most;
    private int _idle;
    private bool _stopping;

    /// <param name="count">The most threads; 0 for one a core.</param>
    public HashWorkers(int count = 0) => _most = count > 0 ? count : Environment.ProcessorCount;

    /// <summary>Queues work; ignored after <see cref="Dispose"/>.</summary>
    public void Enqueue(IHashWork work)
    {
        lock (_gate)
        {
            if (_stopping) return;
            _queue.Enqueue(work);
            if (_idle >= _queue.Count)
            {
                Monitor.Pulse(_gate);
            }
            else if (_threads.Count < _most)
            {
                var thread = new Thread(Work) { IsBackground = true, Name = "P2PShare hashing" };
                _threads.Add(thread);
                thread.Start();
            }
        }
    }

    /// <summary>Ends the threads after the work they are at; what is queued is dropped. Waits for them at most two seconds.</summary>
    public void Dispose()
    {
        Thread[] threads;
        lock (_gate)
        {
            if (_stopping) return;
            _stopping = true;
            threads = [.. _threads];
            Monitor.PulseAll(_gate);
        }

        var deadline = Environment.TickCount64 + 2000;
        foreach (var thread in threads)
        {
            if (thread != Thread.CurrentThread) thread.Join((int)Math.Max(0, deadline - Environment.TickCount64));
        }
    }

    private void Work()
    {
        while (true)
        {
            IHashWork work;
            lock (_gate)
            {
                while (!_stopping && _queue.Count == 0)
                {
                    _idle++;
                    Monitor.Wait(_gate);
                    _idle--;
                }

                if (_stopping) return;
                work = _queue.Dequeue();
            }

            work.Run();
        }
    }
}
