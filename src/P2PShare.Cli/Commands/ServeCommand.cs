using System.CommandLine;
using P2PShare.Cli.CommandLine;

namespace P2PShare.Cli.Commands;

/// <summary><c>serve</c>: a peer that runs until it is told to end.</summary>
internal static class ServeCommand
{
    public static Command Build()
    {
        var command = new Command("serve", "Runs a peer that serves what it holds and goes on with what it was receiving, until Ctrl-C or SIGTERM.");
        var options = new PeerCommandOptions();
        options.AddTo(command);
        var keeping = new KeepingOptions();
        keeping.AddTo(command);
        command.SetAction((parsed, _) => PeerHost.RunAsync(keeping.Read(parsed, options.Read(parsed)) with { Stays = true }, connectsToSwarm: true, tellsAll: true, async context =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, context.Token);
            }
            catch (OperationCanceledException)
            {
                // The way it is meant to end.
            }

            return context.Interruption.ExitCode(done: true);
        }));
        return command;
    }
}
