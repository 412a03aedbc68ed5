namespace P2PShare.Engine.Tests.Membership.Simulation;

/// <summary>
/// A clock that stands still while anybody works. It moves in small steps, each to where the next timer is due, and only
/// when the thread pool has nothing left to do; so the load of the machine changes nothing. It needs a process to itself,
/// and must be driven by a thread that is not the pool's.
/// </summary>
internal sealed class VirtualTime : TimeProvider
{
    // Timers that are due within one step fire together: a check for quiet costs more than most of them.
    private static readonly long Step = TimeSpan.FromMilliseconds(10).Ticks;

    private readonly Lock _lock = new();
    private readonly PriorityQueue<(VirtualTimer Timer, long Version), long> _due = new();
    private readonly DateTimeOffset _start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Since the beginning.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Interlocked.Read(ref _now));

    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    // Not from 0: code may take 0 for "never".
    public override long GetTimestamp() => TimeSpan.TicksPerDay + Interlocked.Read(ref _now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets time pass, everybody doing what there is to do.</summary>
    public void Advance(TimeSpan span) => AdvanceUntil(span, () => false);

    /// <summary>Lets time pass until a condition holds, which is looked at whenever all is quiet.</summary>
    /// <returns>Whether it came to hold.</returns>
    public bool AdvanceUntil(TimeSpan most, Func<bool> condition)
    {
        var end = _now + most.Ticks;
        while (true)
        {
            WaitForQuiet();
            if (condition()) return true;
            var next = NextDue();
            if (next > end)
            {
                Interlocked.Exchange(ref _now, end);
                return false;
            }

            var until = Math.Min(end, ((next / Step) + 1) * Step);
            Interlocked.Exchange(ref _now, until);
            foreach (var timer in TakeDue(until)) timer.Fire();
        }
    }

    /// <summary>Returns when no work is queued and no pool thread works.</summary>
    public static void WaitForQuiet()
    {
        var spin = new SpinWait();
        for (var quiet = 0; quiet < 2;)
        {
            if (IsQuiet()) quiet++;
            else quiet = 0;
            if (quiet < 2) spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private static bool IsQuiet()
    {
        ThreadPool.GetMaxThreads(out var most, out _);
        ThreadPool.GetAvailableThreads(out var free, out _);
        if (free != most || ThreadPool.PendingWorkItemCount != 0) return false;
        ThreadPool.GetAvailableThreads(out free, out _);
        return free == most;
    }

    private long NextDue()
    {
        lock (_lock)
        {
            while (_due.TryPeek(out var entry, out var due))
            {
                if (entry.Timer.Version == entry.Version) return due;
                _due.Dequeue();
            }
        }

        return long.MaxValue;
    }

    private List<VirtualTimer> TakeDue(long until)
    {
        var timers = new List<VirtualTimer>();
        lock (_lock)
        {
            while (_due.TryPeek(out var entry, out var due) && due <= until)
            {
                _due.Dequeue();
                if (entry.Timer.Version == entry.Version) timers.Add(entry.Timer);
            }
        }

        return timers;
    }

    private void Enqueue(VirtualTimer timer, long version, TimeSpan delay)
    {
        lock (_lock) _due.Enqueue((timer, version), _now + Math.Max(0, delay.Ticks));
    }

    private sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;
        private long _version;

        public long Version => Interlocked.Read(ref _version);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (Version < 0) return false;
            _period = period;
            var version = Interlocked.Increment(ref _version);
            if (dueTime >= TimeSpan.Zero) time.Enqueue(this, version, dueTime);
            return true;
        }

        public void Fire()
        {
            if (Version < 0) return;
            if (_period > TimeSpan.Zero) Change(_period, _period);
            // Never on the driving thread: what a callback begins must count as work.
            ThreadPool.UnsafeQueueUserWorkItem(static timer => timer.Call(), this, preferLocal: false);
        }

        public void Dispose() => Interlocked.Exchange(ref _version, long.MinValue);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Call()
        {
            if (Version >= 0) callback(state);
        }
    }
}
