using System.Diagnostics;

namespace P2PShare.Engine.Tests.Storage;

/// <summary>Waits for what other threads do, up to a generous bound.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    public static async Task True(Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < Bound, "It did not happen.");
            await Task.Delay(1);
        }
    }

    public static Task Throws(Action action, Func<Exception, bool> expected) => True(() =>
    {
        try
        {
            action();
            return false;
        }
        catch (Exception error) when (expected(error))
        {
            return true;
        }
    });
}
