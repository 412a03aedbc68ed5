namespace P2PShare.Tests.Common;

/// <summary>Measures what code allocates on its own thread.</summary>
internal static class Allocation
{
    /// <summary>
    /// The fewest bytes that any of several runs allocated. The runtime itself now and then allocates on whatever thread
    /// is running (a tier change, an event), which one unlucky run would show; code that allocates does so every time.
    /// </summary>
    /// <param name="enough">With no more than so many bytes there is no further run.</param>
    public static long Least(Action run, long enough = 0)
    {
        var least = long.MaxValue;
        for (var i = 0; i < 10 && least > enough; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
