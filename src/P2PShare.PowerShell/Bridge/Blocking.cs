namespace P2PShare.PowerShell.Bridge;

/// <summary>For the few calls from PowerShell that are synchronous by contract: a job's StopJob and a module's OnRemove.</summary>
internal static class Blocking
{
    /// <summary>Waits for <paramref name="work"/>, at most <paramref name="limit"/>, whatever its outcome.</summary>
    public static void Run(Func<Task> work, TimeSpan limit)
    {
        // On the thread pool, so that no synchronisation context of the host can be waited for by its own thread.
        var task = Task.Run(work);
        Task.WaitAny([task], limit);
    }
}
