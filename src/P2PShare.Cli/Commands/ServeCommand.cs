using System.CommandLine;
using P2PShare.Cli.CommandLine;

namespace P2PShare.Cli.Commands;

/// <summary><c>serve</c>: a peer that runs until it is told to end.</summary>
internal static class ServeCommand
{
    public static Command Build()
    {
        var accept = new Option<string?>("--accept") { Description = "Receive what other peers offer into this folder, unasked. Default: offers are only told of.", HelpName = "DIR" };
        var acceptFrom = CliOptions.Names("--accept-from", "With --accept: only offers of these peers, by name (wildcards allowed) or peer id.");
        var command = new Command("serve", "Runs a peer that serves what it holds and goes on with what it was receiving, until Ctrl-C or SIGTERM. New files are published by 'p2pshare send'.") { accept, acceptFrom };
        var options = new PeerCommandOptions();
        options.AddTo(command);
        var keeping = new KeepingOptions();
        keeping.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.Written(accept) is "") result.AddError("--accept takes a folder.");
            if (result.IsWritten(acceptFrom) && !result.IsWritten(accept)) result.AddError("--accept-from has a meaning only with --accept.");
        });
        command.SetAction((parsed, _) =>
        {
            var arguments = keeping.Read(parsed, options.Read(parsed)) with { Stays = true, AcceptPath = parsed.GetValue(accept), AcceptFrom = parsed.GetValue(acceptFrom) ?? [] };
            return PeerHost.RunAsync(arguments, connectsToSwarm: true, tellsAll: true, async context =>
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
            });
        });
        return command;
    }
}
