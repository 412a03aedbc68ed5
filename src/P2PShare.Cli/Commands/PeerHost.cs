using P2PShare.Cli.CommandLine;
using P2PShare.Cli.Output;
using P2PShare.Engine;
using P2PShare.Engine.Errors;

namespace P2PShare.Cli.Commands;

/// <summary>A running peer and what a command does with it.</summary>
internal sealed record PeerContext(IPeer Peer, CliOutput Output, Interruption Interruption, PeerArguments Arguments)
{
    /// <summary>Cancelled when the program is to end.</summary>
    public CancellationToken Token => Interruption.Token;
}

/// <summary>Runs commands: the peer's start and goodbye, errors, exit codes.</summary>
internal static class PeerHost
{
    // The engine bounds its own goodbye; this is for a disk that doesn't answer.
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(30);

    /// <summary>Starts a peer, runs <paramref name="body"/> with it, stops it.</summary>
    /// <param name="connectsToSwarm">Whether --connect names peers of the swarm, not foreign clients.</param>
    /// <param name="tellsAll">Whether all events are shown to people.</param>
    /// <param name="body">Returns the exit code.</param>
    public static async Task<int> RunAsync(PeerArguments arguments, bool connectsToSwarm, bool tellsAll, Func<PeerContext, Task<int>> body)
    {
        var output = CliOutput.Create(arguments.Json);
        using var interruption = new Interruption(arguments.StopOnEof);
        return await GuardAsync(output, interruption, async () =>
        {
            var options = await arguments.ToOptionsAsync(Console.In, output.Warning, connectsToSwarm, interruption.Token);
            await using var peer = await Peer.StartAsync(options, interruption.Token);
            peer.EventRaised += (_, peerEvent) =>
            {
                // Those of the start are events, too, and are told below.
                if (peerEvent.Kind != PeerEventKind.Warning || !peer.StartWarnings.Contains(peerEvent.Message)) output.Event(peerEvent, tellsAll);
            };
            output.Started(peer, tellsAll);
            foreach (var warning in peer.StartWarnings) output.Warning(warning);
            try
            {
                var work = body(new PeerContext(peer, output, interruption, arguments));
                // A peer that fails ends the command, whatever it is waiting for.
                if (await Task.WhenAny(work, peer.Completion) == peer.Completion && !work.IsCompleted)
                {
                    await peer.Completion;
                    throw new P2PShareException(ErrorKind.OperationStopped, ErrorIds.PeerStopped, "The peer has stopped.");
                }

                return await work;
            }
            finally
            {
                using var patience = new CancellationTokenSource(StopTime);
                await peer.StopAsync(patience.Token);
            }
        });
    }

    /// <summary>Runs a command that is no peer.</summary>
    public static int Run(bool json, Action<CliOutput> body)
    {
        var output = CliOutput.Create(json);
        try
        {
            body(output);
            return ExitCodes.Done;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return Report(output, error);
        }
    }

    /// <summary>Reports errors that leave a command nothing to do.</summary>
    public static int Fail(bool json, IEnumerable<P2PShareException> errors)
    {
        var output = CliOutput.Create(json);
        foreach (var error in errors) output.Error(error);
        return ExitCodes.Failed;
    }

    /// <summary>The error as the engine would report it.</summary>
    private static P2PShareException Wrap(Exception error) => error switch
    {
        P2PShareException known => known,
        UnauthorizedAccessException => new P2PShareException(ErrorKind.PermissionDenied, ErrorIds.FileUnreadable, error.Message, innerException: error),
        IOException => new P2PShareException(ErrorKind.ReadError, ErrorIds.FileUnreadable, error.Message, innerException: error),
        _ => new P2PShareException(ErrorKind.NotSpecified, "Unexpected", $"An error that should not happen: {error.GetType().Name}: {error.Message}",
            recommendation: "Please report it, with what P2PSHARE_DEBUG=1 adds.", innerException: error),
    };

    private static async Task<int> GuardAsync(CliOutput output, Interruption interruption, Func<Task<int>> body)
    {
        try
        {
            return await body();
        }
        catch (OperationCanceledException) when (interruption.IsRequested)
        {
            return interruption.ExitCode(done: false);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return Report(output, error);
        }
    }

    private static int Report(CliOutput output, Exception error)
    {
        var shown = Wrap(error);
        output.Error(shown);
        if (Environment.GetEnvironmentVariable("P2PSHARE_DEBUG") == "1") Console.Error.WriteLine(error);
        return CodeOf(shown);
    }

    // A name or address that can be none is a mistake of the command line, though the engine is who knows.
    private static int CodeOf(P2PShareException error) =>
        error.ErrorId is ErrorIds.InvalidAddress or ErrorIds.InvalidName ? ExitCodes.Usage : ExitCodes.Failed;
}
