using System.CommandLine;
using P2PShare.Cli.CommandLine;

namespace P2PShare.Cli.Demo;

/// <summary><c>demo</c>: shows the whole on one machine. The build scripts call it; it is no part of the tool's everyday commands.</summary>
internal static class DemoCommand
{
    private const int MaxReceivers = 50;
    private const long DefaultSize = 512L << 20;

    public static Command Build()
    {
        var folder = new Option<string?>("--folder") { Description = "The folder to publish. Default: that of the .NET SDK.", HelpName = "DIR" };
        var size = CliOptions.Bytes("--size", "The size of the large file that is made. Default: 512Mi.");
        var receivers = CliOptions.Number("--receivers", "How many peers receive. Default: 3.", "N", 1, MaxReceivers);
        var work = new Option<string?>("--work") { Description = "Where to make the throw-away folder. Default: the system's temporary folder.", HelpName = "DIR" };
        var timeout = CliOptions.Time("--timeout", "Give up after this time. Default: 5m.", "TIME");
        var command = new Command("demo", "A throw-away swarm on this machine: one peer publishes, others receive, all is compared.") { folder, size, receivers, work, timeout };
        command.Hidden = true;
        command.SetAction(async (parsed, _) =>
        {
            using var interruption = new Interruption(stopOnEof: false);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(interruption.Token);
            limit.CancelAfter(parsed.GetValue(timeout) ?? TimeSpan.FromMinutes(5));
            var settings = new DemoSettings(
                parsed.GetValue(folder) is { } given ? Path.GetFullPath(given) : null,
                parsed.GetValue(size) ?? DefaultSize,
                parsed.GetValue(receivers) ?? 3,
                Path.GetFullPath(parsed.GetValue(work) ?? Path.GetTempPath()));
            try
            {
                return await new DemoRun(settings).RunAsync(limit.Token) ? ExitCodes.Done : ExitCodes.Failed;
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                if (interruption.IsRequested) return interruption.ExitCode(done: false);
                await Console.Error.WriteLineAsync("p2pshare demo: it took too long; --timeout gives it more time, --size makes it smaller.");
                return ExitCodes.Failed;
            }
            catch (Exception error) when (error is DemoException or IOException or UnauthorizedAccessException or Engine.Errors.P2PShareException)
            {
                await Console.Error.WriteLineAsync("p2pshare demo: " + error.Message);
                return ExitCodes.Failed;
            }
        });
        return command;
    }
}
