using System.CommandLine;
using P2PShare.Cli.CommandLine;
using P2PShare.Engine.Diagnostics;
using P2PShare.Engine.Errors;

namespace P2PShare.Cli.Commands;

/// <summary><c>test</c>: what works, what does not, and what to do about it.</summary>
internal static class TestCommand
{
    public static Command Build()
    {
        var command = new Command("test", "Joins the swarm, looks at what a peer needs here (port, firewall, clock, certificate, addresses, disk), and leaves.");
        var options = new PeerCommandOptions();
        options.AddTo(command);
        var timeout = CatalogueWait.Option();
        command.Options.Add(timeout);
        command.SetAction((parsed, _) => PeerHost.RunAsync(options.Read(parsed), connectsToSwarm: true, tellsAll: false, async context =>
        {
            try
            {
                await context.Peer.WaitForCatalogueAsync(CatalogueWait.Read(parsed, timeout), context.Token);
            }
            catch (P2PShareException)
            {
                // One of the checks tells it.
            }

            var failed = false;
            await foreach (var result in context.Peer.TestAsync(Environment.CurrentDirectory, context.Token))
            {
                failed |= result.Status == CheckStatus.Failed;
                context.Output.Check(result);
            }

            return failed ? ExitCodes.Failed : ExitCodes.Done;
        }));
        return command;
    }
}
