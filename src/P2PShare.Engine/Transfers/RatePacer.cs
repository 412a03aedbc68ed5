namespace P2PShare.Engine.Transfers;

/// <summary>
/// Hands out what a limit of the process lets through, to one transfer after the other, so that each gets its share
/// however many peers it has. Serves whenever something moves and whenever the clock ticks. Safe for several threads;
/// <paramref name="serve"/> is called by one at a time, with no lock held.
/// </summary>
/// <param name="limiter">The limit shared by all.</param>
/// <param name="serve">Gives a transfer its turn; false when it has no use for one now, and comes again by <see cref="Wait"/>.</param>
internal sealed class RatePacer(RateLimiter limiter, Func<Transfer, bool> serve)
{
    private readonly Lock _gate = new();
    private readonly Queue<Transfer> _waiting = new();
    private readonly HashSet<Transfer> _queued = [];
    private bool _serving;
    private bool _again;

    /// <summary>A transfer has something to do as soon as the limit allows it.</summary>
    public void Wait(Transfer transfer)
    {
        lock (_gate)
            if (_queued.Add(transfer)) _waiting.Enqueue(transfer);
    }

    /// <summary>Serves those that wait as far as the limit allows.</summary>
    public void Serve()
    {
        lock (_gate)
        {
            _again = _serving;
            if (_serving) return;
            _serving = true;
        }

        while (true)
        {
            while (limiter.HasTokens && Next() is { } transfer)
                if (serve(transfer)) Wait(transfer);
            lock (_gate)
            {
                _serving = _again;
                _again = false;
                if (!_serving) return;
            }
        }
    }

    private Transfer? Next()
    {
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out var transfer)) return null;
            _queued.Remove(transfer);
            return transfer;
        }
    }
}
