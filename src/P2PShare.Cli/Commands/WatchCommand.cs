using System.CommandLine;
using System.Globalization;
using P2PShare.Cli.CommandLine;
using P2PShare.Cli.Output;
using P2PShare.Cli.Watch;
using P2PShare.Engine.Errors;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace P2PShare.Cli.Commands;

/// <summary><c>watch</c>: a live view of the swarm.</summary>
internal static class WatchCommand
{
    private static readonly TimeSpan LiveInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SizeInterval = TimeSpan.FromMilliseconds(100);

    public static Command Build()
    {
        var command = new Command("watch", "Joins the swarm and shows who is in it, what moves, and who has what, until Ctrl-C. A line now and then where output goes to a file.");
        var options = new PeerCommandOptions();
        options.AddTo(command);
        var timeout = CatalogueWait.Option();
        var interval = CliOptions.Time("--interval", "How often it is drawn, or a line written. Default: 1 second, or 5 where output goes to a file.", "SECONDS");
        command.Options.Add(timeout);
        command.Options.Add(interval);
        command.SetAction((parsed, _) => PeerHost.RunAsync(options.Read(parsed), connectsToSwarm: true, tellsAll: false, async context =>
        {
            try
            {
                await context.Peer.WaitForCatalogueAsync(CatalogueWait.Read(parsed, timeout), context.Token);
            }
            catch (P2PShareException error)
            {
                // The view shows the peer's state, and the swarm when it appears.
                context.Output.Warning(error.Message);
            }

            var model = new WatchModel(context.Peer);
            await using (model)
            {
                var live = !context.Arguments.Json && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";
                try
                {
                    if (live) await ShowAsync(model, parsed.GetValue(interval) ?? LiveInterval, context.Token);
                    else await WriteAsync(model, context.Output, parsed.GetValue(interval) ?? PlainInterval, context.Token);
                }
                catch (OperationCanceledException) when (context.Interruption.IsRequested)
                {
                    // The way it is meant to end.
                }
            }

            return context.Interruption.ExitCode(done: true);
        }));
        return command;
    }

    private static async Task ShowAsync(WatchModel model, TimeSpan interval, CancellationToken token)
    {
        var console = AnsiConsole.Console;
        // A screen of its own, so that what was there before is there afterwards.
        console.Write(new ControlCode("\u001b[?1049h\u001b[?25l"));
        try
        {
            var size = (0, 0);
            while (true)
            {
                await model.SampleAsync();
                var due = Environment.TickCount64 + (long)interval.TotalMilliseconds;
                do
                {
                    var now = (Width: console.Profile.Width, Height: console.Profile.Height);
                    console.Write(new ControlCode(now == size ? "\u001b[H" : "\u001b[2J\u001b[H"));
                    size = now;
                    foreach (var line in WatchView.Lines(model, now.Width, now.Height))
                    {
                        console.Markup(line);
                        console.Write(new ControlCode("\u001b[K\r\n"));
                    }

                    console.Write(new ControlCode("\u001b[J"));
                    // Drawn anew at once when the window has another size.
                    while (Environment.TickCount64 < due && (console.Profile.Width, console.Profile.Height) == size) await Task.Delay(SizeInterval, token);
                }
                while (Environment.TickCount64 < due);
            }
        }
        finally
        {
            console.Write(new ControlCode("\u001b[?25h\u001b[?1049l"));
        }
    }

    private static async Task WriteAsync(WatchModel model, CliOutput output, TimeSpan interval, CancellationToken token)
    {
        while (true)
        {
            await model.SampleAsync();
            output.Watched(new WatchLine(
                model.SwarmName,
                model.State.ToString(),
                model.Peers.Count,
                model.Peers.FirstOrDefault(peer => peer.Role == Engine.Membership.PeerRole.Coordinator)?.Name,
                model.Shares.Count,
                model.Total.Last,
                [.. model.Transfers]));
            await Task.Delay(interval, token);
        }
    }
}
