using System.CommandLine;
using P2PShare.Cli.CommandLine;

namespace P2PShare.Cli.Commands;

/// <summary><c>peers</c>: the roster.</summary>
internal static class PeersCommand
{
    public static Command Build()
    {
        var command = new Command("peers", "Joins the swarm, shows who is in it, and leaves.");
        var options = new PeerCommandOptions();
        options.AddTo(command);
        var timeout = CatalogueWait.Option();
        command.Options.Add(timeout);
        command.SetAction((parsed, _) => PeerHost.RunAsync(options.Read(parsed), connectsToSwarm: true, tellsAll: false, async context =>
        {
            await context.Peer.WaitForCatalogueAsync(CatalogueWait.Read(parsed, timeout), context.Token);
            context.Output.Peers(context.Peer.GetPeers());
            return ExitCodes.Done;
        }));
        return command;
    }
}
