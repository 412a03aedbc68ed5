using System.CommandLine;
using P2PShare.Cli.CommandLine;
using P2PShare.Cli.Output;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;

namespace P2PShare.Cli.Commands;

/// <summary><c>send</c>: publishes and serves.</summary>
internal sealed class SendCommand
{
    private const int MaxCopies = 100_000;

    private readonly Argument<string[]> _paths = new("PATH") { Description = "Files and folders.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<int?> _copies = CliOptions.Number("--copies", "End when this many other peers hold all of it. Default: serve until Ctrl-C.", "N", 1, MaxCopies);
    private readonly Option<string[]> _to = CliOptions.Names("--to", "Offer it to these peers: names, with * ? and [a-z] for those that are in the swarm now, or peer ids. A peer that is away gets the offer when it comes, while this one runs.");
    private readonly Option<bool> _wait = new("--wait", "-w") { Description = "End when all of them (without --to: all peers that are in the swarm at the start) hold all of it, or have declined." };
    private readonly Option<TimeSpan?> _timeout = CliOptions.Time("--timeout", "With --wait or --copies: give up after this time, and say who is missing. Default: no limit.", "TIME");
    private readonly Option<string?> _shareName = new("--share-name") { Description = "Bundle all paths as one folder share of this name.", HelpName = "NAME" };

    private readonly Option<string?> _basePath = new("--base-path")
    {
        Description = "With --share-name: the folder that paths in the share are relative to. Default: the deepest common one.",
        HelpName = "DIR",
    };

    private readonly Option<bool> _followLinks = new("--follow-links") { Description = "Publish what symbolic links point to; by default they are left out." };
    private readonly Option<bool> _open = new("--open") { Description = "Also serve it UNENCRYPTED to any BitTorrent client that knows its info-hash." };
    private readonly Option<string?> _torrent = new("--torrent") { Description = "Write the share's .torrent file.", HelpName = "FILE" };
    private readonly PeerCommandOptions _peer = new();

    public static Command Build()
    {
        var send = new SendCommand();
        var command = new Command("send", "Publishes files and folders and serves them.")
        {
            send._paths, send._to, send._wait, send._copies, send._timeout, send._shareName, send._basePath, send._followLinks, send._open, send._torrent,
        };
        send._peer.AddTo(command);
        command.Validators.Add(result =>
        {
            var bundles = result.IsWritten(send._shareName);
            if (result.IsWritten(send._basePath) && !bundles) result.AddError("--base-path has a meaning only with --share-name.");
            if (result.IsWritten(send._torrent) && !bundles && result.GetResult(send._paths)?.Tokens.Count > 1)
            {
                result.AddError("--torrent writes one file: give one path, or bundle them with --share-name.");
            }

            if (result.IsWritten(send._timeout) && !result.IsWritten(send._wait) && !result.IsWritten(send._copies)) result.AddError("--timeout has a meaning only with --wait or --copies.");
            if (result.Written(send._shareName) is "") result.AddError("--share-name takes a name.");
        });
        command.SetAction(async (parsed, _) =>
        {
            var arguments = send._peer.Read(parsed);
            var grouped = SharePaths.Group(parsed.GetRequiredValue(send._paths), parsed.GetValue(send._shareName), parsed.GetValue(send._basePath));
            if (grouped.Requests.Count == 0) return PeerHost.Fail(arguments.Json, grouped.Errors);
            return await PeerHost.RunAsync(arguments, connectsToSwarm: true, tellsAll: true, context => send.RunAsync(parsed, grouped, context));
        });
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, ShareGroupingResult grouped, PeerContext context)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var published = new List<ShareInfo>();
        var failed = grouped.Errors.Count;
        var done = false;
        try
        {
            foreach (var error in grouped.Errors) context.Output.Error(error);
            var delivery = new SendDelivery(context, parsed.GetValue(_to) is { Length: > 0 } names ? names : null, parsed.GetValue(_wait), parsed.GetValue(_copies), parsed.GetValue(_timeout));
            var (isForSomebody, unknown) = await delivery.ResolveAsync();
            failed += unknown;
            if (!isForSomebody) return ExitCodes.Failed;
            foreach (var left in grouped.LeftOut) context.Output.Say($"{left.FullPath} is part of {left.SharedFolder} and makes no share of its own.");
            foreach (var request in grouped.Requests)
            {
                if (await PublishAsync(Complete(request, parsed), context) is { } share)
                {
                    published.Add(share);
                    delivery.Offer(share);
                }
                else
                {
                    failed++;
                }
            }

            if (published.Count == 0) return ExitCodes.Failed;
            if (delivery.Ends)
            {
                failed += await delivery.WaitAsync(published);
            }
            else
            {
                context.Output.Say("Serving until Ctrl-C.");
                // Being told to end is how this one is meant to end.
                done = true;
                await Task.Delay(Timeout.Infinite, context.Token);
            }

            return failed == 0 ? ExitCodes.Done : ExitCodes.Failed;
        }
        catch (OperationCanceledException) when (context.Interruption.IsRequested)
        {
            var code = context.Interruption.ExitCode(done);
            return code == ExitCodes.Done && failed > 0 ? ExitCodes.Failed : code;
        }
        finally
        {
            var hashes = published.Select(share => share.InfoHash).ToHashSet(StringComparer.OrdinalIgnoreCase);
            var transfers = context.Peer.GetTransfers().Select(transfer => transfer.GetSnapshot()).Where(transfer => hashes.Contains(transfer.InfoHash));
            context.Output.Summary(new SummaryLine("send", published.Count, failed, published.Sum(share => share.Length), Math.Round(clock.Elapsed.TotalSeconds, 3), 0, transfers.Sum(transfer => transfer.BytesUploaded)));
        }
    }

    private PublishRequest Complete(PublishRequest request, ParseResult parsed) => request with
    {
        FollowSymbolicLinks = parsed.GetValue(_followLinks),
        Open = parsed.GetValue(_open),
        TorrentPath = parsed.GetValue(_torrent) is { } torrent ? Path.GetFullPath(torrent) : null,
    };

    // One bad file never keeps the others from being sent.
    private static async Task<ShareInfo?> PublishAsync(PublishRequest request, PeerContext context)
    {
        try
        {
            var progress = new Latest<PublishProgress>();
            var publishing = context.Peer.PublishAsync(request, progress, context.Token);
            await context.Output.ShowHashingAsync(request.Name, progress, publishing);
            var share = await publishing;
            context.Output.Published(share);
            return share;
        }
        catch (P2PShareException error)
        {
            context.Output.Error(error);
            return null;
        }
    }
}
