using System.Diagnostics;

namespace P2PShare.Engine.Tests;

/// <summary>Waits for a condition; the bound is generous and only ends a test that would hang.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    public static async Task Holds(Func<bool> condition, Func<string>? describe = null)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > Bound) Assert.Fail("The condition did not come true. " + describe?.Invoke());
            await Task.Delay(5);
        }
    }
}
