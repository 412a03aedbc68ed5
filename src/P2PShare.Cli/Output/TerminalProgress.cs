using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Transfers;
using Spectre.Console;

namespace P2PShare.Cli.Output;

/// <summary>Progress bars on a terminal. Apart from the rest, so that the drawing library is loaded only where it draws.</summary>
internal static class TerminalProgress
{
    private const int MaxBars = 6;
    private const int MaxName = 32;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Writes a line above the bars.</summary>
    public static void WriteLine(string line) => AnsiConsole.Console.WriteLine(line);

    public static Task ShowHashingAsync(string name, Latest<PublishProgress> progress, Task until) => Bars().StartAsync(async context =>
    {
        var bar = context.AddTask(Describe("Hashing " + name), autoStart: true);
        await Pace.RepeatAsync(Interval, until, () =>
        {
            if (progress.Value is { TotalBytes: > 0 } now) Set(bar, now.BytesHashed, now.TotalBytes);
        });
        if (until.IsCompletedSuccessfully) bar.Value = bar.MaxValue;
    });

    public static Task ShowTransfersAsync(Func<IReadOnlyList<TransferInfo>> sample, Task until) => Bars().StartAsync(async context =>
    {
        var bars = new Dictionary<string, ProgressTask>();
        ProgressTask? total = null;
        await Pace.RepeatAsync(Interval, until, () =>
        {
            var transfers = sample();
            if (transfers.Count > 1)
            {
                total ??= context.AddTask("All", autoStart: true);
                total.Description = $"All ({transfers.Count(transfer => transfer.State == TransferState.Completed)} of {transfers.Count})";
                Set(total, transfers.Sum(transfer => transfer.BytesCompleted), transfers.Sum(transfer => transfer.Length));
            }

            // A thousand small files are one bar; a few are worth one each.
            if (transfers.Count > MaxBars) return;
            foreach (var transfer in transfers)
            {
                if (!bars.TryGetValue(transfer.TransferId, out var bar))
                {
                    bars[transfer.TransferId] = bar = context.AddTask(Describe(transfer.Name), autoStart: true);
                }

                bar.Description = transfer.State is TransferState.Transferring or TransferState.Completed
                    ? Describe(transfer.Name)
                    : Describe(transfer.Name) + " [grey](" + transfer.State.ToString().ToLowerInvariant() + ")[/]";
                Set(bar, transfer.BytesCompleted, transfer.Length);
            }
        });
    });

    internal static Progress Bars() => AnsiConsole.Progress().AutoRefresh(true).AutoClear(false).HideCompleted(false).Columns(
        new TaskDescriptionColumn { Alignment = Justify.Left },
        new ProgressBarColumn(),
        new PercentageColumn(),
        new BytesColumn(),
        new RemainingTimeColumn());

    internal static void Set(ProgressTask bar, long value, long length)
    {
        bar.MaxValue = Math.Max(1, length);
        bar.Value = length == 0 ? 0 : Math.Min(value, length);
    }

    internal static string Describe(string name)
    {
        var text = Printable.Text(name);
        return Markup.Escape(text.Length <= MaxName ? text : text[..(MaxName - 1)] + "…");
    }
}
