using System.CommandLine;
using P2PShare.Cli.CommandLine;
using P2PShare.Cli.Output;
using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transfers;

namespace P2PShare.Cli.Commands;

/// <summary><c>receive</c>: fetches shares and verifies them.</summary>
internal sealed class ReceiveCommand
{
    private readonly Argument<string[]> _patterns = new("PATTERN") { Description = "Names of shares, with * ? and [a-z], or info-hashes.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string> _destination = new("--destination", "-d") { Description = "The folder to receive into; made when missing. Default: the current one.", HelpName = "DIR", DefaultValueFactory = _ => "." };
    private readonly Option<TimeSpan?> _seedFor = CliOptions.Time("--seed-for", "Keep serving for this long when all is received: 30s, 10m, 2h.", "TIME", zeroAllowed: true);
    private readonly Option<TimeSpan?> _timeout = CliOptions.Time("--timeout", "Give up when not all is received after this time. Default: no limit.", "SECONDS");
    private readonly Option<bool> _wait = new("--wait", "-w") { Description = "Wait for a share that matches when there is none yet." };
    private readonly Option<string?> _publisher = new("--publisher") { Description = "Only shares of this peer: its name or peer id.", HelpName = "PEER" };
    private readonly Option<bool> _force = new("--force", "-f") { Description = "Replace existing files with other content." };

    private readonly Option<string?> _torrent = new("--torrent")
    {
        Description = "Receive the open share of this .torrent file from the BitTorrent clients given by --connect, UNENCRYPTED.",
        HelpName = "FILE",
    };

    private readonly PeerCommandOptions _peer = new();

    public static Command Build()
    {
        var receive = new ReceiveCommand();
        var command = new Command("receive", "Receives shares; ends when all is here and verified.")
        {
            receive._patterns, receive._destination, receive._seedFor, receive._timeout, receive._wait, receive._publisher, receive._force, receive._torrent,
        };
        receive._peer.AddTo(command);
        command.Validators.Add(result =>
        {
            var named = result.GetResult(receive._patterns)?.Tokens.Count > 0;
            if (result.IsWritten(receive._torrent) == named) result.AddError("Say what to receive: names of shares, or --torrent FILE.");
            if (result.GetResult(receive._patterns)?.Tokens.Any(token => token.Value.Length == 0) == true) result.AddError("A name or pattern is empty.");
        });
        command.SetAction((parsed, _) =>
        {
            var arguments = receive._peer.Read(parsed);
            return PeerHost.RunAsync(arguments, parsed.GetValue(receive._torrent) is null, tellsAll: false, context => receive.RunAsync(parsed, context));
        });
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, PeerContext context)
    {
        var run = new ReceiveRun(context, parsed.GetValue(_timeout));
        try
        {
            await run.ReceiveAsync(() => RequestsAsync(parsed, context, run));
            if (parsed.GetValue(_seedFor) is { } time && run.Completed > 0)
            {
                context.Output.Say($"Serving for {Printable.Duration(time)}.");
                await Task.Delay(time, context.Token);
            }
        }
        catch (OperationCanceledException) when (context.Interruption.IsRequested)
        {
            return context.Interruption.ExitCode(run.IsDone);
        }
        finally
        {
            run.Summarise();
        }

        return run.IsDone ? ExitCodes.Done : ExitCodes.Failed;
    }

    private async Task<List<ReceiveRequest>> RequestsAsync(ParseResult parsed, PeerContext context, ReceiveRun run)
    {
        var template = new ReceiveRequest
        {
            Destination = Path.GetFullPath(parsed.GetRequiredValue(_destination)),
            Overwrite = parsed.GetValue(_force),
        };
        if (parsed.GetValue(_torrent) is { } torrent)
        {
            return [template with { TorrentPath = Path.GetFullPath(torrent), ConnectTo = context.Arguments.Connect }];
        }

        await context.Peer.WaitForCatalogueAsync(run.TimeLeft(CatalogueWait.Default), run.Token);
        var requests = new List<ReceiveRequest>();
        foreach (var pattern in parsed.GetRequiredValue(_patterns))
        {
            try
            {
                var selection = ShareSelection.Choose(await FindAsync(pattern, parsed, context, run));
                foreach (var error in selection.Errors) run.Fail(error);
                foreach (var share in selection.Shares)
                {
                    if (!requests.Exists(request => request.InfoHash == share.InfoHash)) requests.Add(template with { InfoHash = share.InfoHash });
                }
            }
            catch (P2PShareException error)
            {
                run.Fail(error);
            }
        }

        return requests;
    }

    private async Task<IReadOnlyList<ShareInfo>> FindAsync(string pattern, ParseResult parsed, PeerContext context, ReceiveRun run)
    {
        var publisher = parsed.GetValue(_publisher);
        var found = ShareSearch.Find(context.Peer.GetShares, pattern, publisher);
        if (found.Count > 0) return found;
        if (!parsed.GetValue(_wait)) throw NotFound(pattern, publisher, context.Peer);
        context.Output.Say($"Waiting for {pattern}.");
        return await ShareSearch.WaitAsync((query, token) => context.Peer.WaitForSharesAsync(query, run.TimeLeft(Timeout.InfiniteTimeSpan), token), pattern, publisher, run.Token);
    }

    private static P2PShareException NotFound(string pattern, string? publisher, IPeer peer) => new(
        ErrorKind.ObjectNotFound,
        ErrorIds.ShareNotFound,
        $"No share in swarm {peer.SwarmName} matches '{pattern}'{(publisher is null ? "" : $" of publisher '{publisher}'")}.",
        pattern,
        peer.GetPeers().Count < 2
            ? "This peer is alone in the swarm: name another one with --connect HOST:PORT."
            : "'p2pshare list' shows what there is; --wait waits until there is a match.");
}
