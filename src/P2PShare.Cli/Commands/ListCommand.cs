using System.CommandLine;
using P2PShare.Cli.CommandLine;
using P2PShare.Engine.Catalogue;

namespace P2PShare.Cli.Commands;

/// <summary><c>list</c>: the catalogue.</summary>
internal static class ListCommand
{
    public static Command Build()
    {
        var patterns = new Argument<string[]>("PATTERN") { Description = "Names, with * ? and [a-z]. Default: all.", Arity = ArgumentArity.ZeroOrMore };
        var publisher = new Option<string?>("--publisher") { Description = "Only shares of this peer: its name or peer id.", HelpName = "PEER" };
        var allVersions = new Option<bool>("--all-versions") { Description = "List superseded versions, too." };
        var timeout = CatalogueWait.Option();
        var command = new Command("list", "Joins the swarm, lists its shares, and leaves.") { patterns, publisher, allVersions, timeout };
        var options = new PeerCommandOptions();
        options.AddTo(command);
        command.SetAction((parsed, _) => PeerHost.RunAsync(options.Read(parsed), connectsToSwarm: true, tellsAll: false, async context =>
        {
            await context.Peer.WaitForCatalogueAsync(CatalogueWait.Read(parsed, timeout), context.Token);
            context.Output.Shares(context.Peer.GetShares(new ShareQuery
            {
                Names = parsed.GetValue(patterns),
                Publisher = parsed.GetValue(publisher),
                AllVersions = parsed.GetValue(allVersions),
            }));
            return ExitCodes.Done;
        }));
        return command;
    }
}
