namespace P2PShare.Cli.Output;

/// <summary>Shows something at a steady pace.</summary>
internal static class Pace
{
    /// <summary>Calls <paramref name="show"/> at once, then every <paramref name="interval"/>, and once more when <paramref name="until"/> has ended, however it did.</summary>
    public static async Task RepeatAsync(TimeSpan interval, Task until, Action show)
    {
        show();
        while (!until.IsCompleted)
        {
            using var stop = new CancellationTokenSource();
            await Task.WhenAny(until, Task.Delay(interval, stop.Token));
            await stop.CancelAsync();
            show();
        }
    }
}
