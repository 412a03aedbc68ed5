using System.CommandLine;
using P2PShare.Cli.CommandLine;
using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;

namespace P2PShare.Cli.Commands;

/// <summary><c>status</c>: which peer has how much of a share.</summary>
internal static class StatusCommand
{
    public static Command Build()
    {
        var share = new Argument<string>("SHARE") { Description = "A share's name, with * ? and [a-z], or its info-hash." };
        var watch = new Option<bool>("--watch", "-w") { Description = "Go on showing what changes, once a second, until Ctrl-C." };
        var timeout = CatalogueWait.Option();
        var command = new Command("status", "Joins the swarm, shows how far each peer is with a share, and leaves.") { share, watch, timeout };
        var options = new PeerCommandOptions();
        options.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(share)?.Tokens.Any(token => token.Value.Length == 0) == true) result.AddError("The name of the share is empty.");
        });
        command.SetAction((parsed, _) => PeerHost.RunAsync(options.Read(parsed), connectsToSwarm: true, tellsAll: false, async context =>
        {
            await context.Peer.WaitForCatalogueAsync(CatalogueWait.Read(parsed, timeout), context.Token);
            var found = Find(context.Peer, parsed.GetRequiredValue(share));
            if (parsed.GetValue(watch)) return await WatchAsync(context, Single(found, parsed.GetRequiredValue(share)));
            foreach (var infoHash in found)
            {
                var progress = await context.Peer.GetShareProgressAsync(infoHash, context.Token);
                context.Output.Progress(progress, progress, again: false);
            }

            return ExitCodes.Done;
        }));
        return command;
    }

    private static List<string> Find(IPeer peer, string pattern)
    {
        var found = ShareSearch.Find(peer.GetShares, pattern).Select(share => share.InfoHash).Distinct().ToList();
        if (found.Count > 0) return found;
        throw new P2PShareException(
            ErrorKind.ObjectNotFound, ErrorIds.ShareNotFound, $"No share in swarm {peer.SwarmName} matches '{pattern}'.", pattern, "'p2pshare list' shows what there is.");
    }

    private static string Single(List<string> found, string pattern) => found.Count == 1
        ? found[0]
        : throw new P2PShareException(
            ErrorKind.InvalidArgument, ErrorIds.ShareAmbiguous, $"'{pattern}' matches {found.Count} shares, and one can be watched.", pattern, "Give the info-hash of the one that is meant; 'p2pshare list' shows it.");

    private static async Task<int> WatchAsync(PeerContext context, string infoHash)
    {
        IReadOnlyList<PeerProgress> before = [];
        try
        {
            await foreach (var progress in context.Peer.WatchShareAsync(infoHash, context.Token))
            {
                context.Output.Progress(progress, [.. progress.Except(before)], again: true);
                before = progress;
            }
        }
        catch (OperationCanceledException) when (context.Interruption.IsRequested)
        {
            // The way it is meant to end.
        }

        return context.Interruption.ExitCode(done: true);
    }
}
