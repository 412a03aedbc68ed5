using P2PShare.Cli.Output;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transfers;

namespace P2PShare.Cli.Commands;

/// <summary>The transfers of one <c>receive</c>: starts them, waits for them, counts.</summary>
internal sealed class ReceiveRun(PeerContext context, TimeSpan? timeout)
{
    private readonly System.Diagnostics.Stopwatch _clock = System.Diagnostics.Stopwatch.StartNew();
    private readonly List<ITransfer> _transfers = [];
    private readonly Dictionary<string, int> _sources = [];
    private CancellationToken _token = context.Token;
    private TimeSpan _elapsed;

    /// <summary>How many transfers are complete and verified.</summary>
    public int Completed { get; private set; }

    /// <summary>How many names or transfers failed.</summary>
    public int Failed { get; private set; }

    /// <summary>Whether all that was asked for is here.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Cancelled when the program is to end or the time is over.</summary>
    public CancellationToken Token => _token;

    /// <summary>What is left of the time given; <paramref name="unlimited"/> when none was.</summary>
    public TimeSpan TimeLeft(TimeSpan unlimited)
    {
        if (timeout is not { } limit) return unlimited;
        var left = limit - _clock.Elapsed;
        return left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1);
    }

    /// <summary>Counts and reports something that could not be received.</summary>
    public void Fail(P2PShareException error)
    {
        Failed++;
        context.Output.Error(error);
    }

    /// <summary>Finds out what to receive, and receives it.</summary>
    /// <exception cref="P2PShareException">TimedOut.</exception>
    public async Task ReceiveAsync(Func<Task<List<ReceiveRequest>>> find)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.Token);
        if (timeout is { } time) limit.CancelAfter(time);
        _token = limit.Token;
        try
        {
            foreach (var request in await find()) await StartAsync(request);
            var all = Task.WhenAll(_transfers.Select(FollowAsync));
            await context.Output.ShowTransfersAsync(Sample, all);
            await all;
            IsDone = Failed == 0;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !context.Interruption.IsRequested)
        {
            throw new P2PShareException(
                ErrorKind.OperationTimeout,
                ErrorIds.TimedOut,
                $"Not all was received within {Printable.Duration(timeout!.Value)}.",
                recommendation: "What was verified is kept: the same command goes on from there.");
        }
        finally
        {
            _elapsed = _clock.Elapsed;
            _token = context.Token;
        }
    }

    public void Summarise()
    {
        var snapshots = Sample();
        context.Output.Summary(new SummaryLine(
            "receive",
            Completed,
            Failed,
            snapshots.Sum(transfer => transfer.Length),
            Math.Round(_elapsed.TotalSeconds, 3),
            snapshots.Sum(transfer => transfer.BytesReceived),
            snapshots.Sum(transfer => transfer.BytesUploaded)));
    }

    private async Task StartAsync(ReceiveRequest request)
    {
        try
        {
            _transfers.Add(await context.Peer.ReceiveAsync(request, _token));
        }
        catch (P2PShareException error)
        {
            Fail(error);
        }
    }

    private async Task FollowAsync(ITransfer transfer)
    {
        try
        {
            var done = await transfer.Completion.WaitAsync(_token);
            lock (_sources)
            {
                Completed++;
                _sources.TryGetValue(done.TransferId, out var seen);
                context.Output.Received(new ReceivedLine(
                    done.Name,
                    done.InfoHash,
                    done.FullName,
                    done.Length,
                    done.FileCount,
                    Math.Round(done.Elapsed.TotalSeconds, 3),
                    Printable.MegabytesPerSecond(done.BytesReceived, done.Elapsed),
                    Math.Max(seen, done.Sources),
                    done.BytesReceived,
                    done.BytesReused,
                    done.BytesWasted,
                    done.BytesUploaded));
            }
        }
        catch (P2PShareException error)
        {
            lock (_sources) Fail(error);
        }
        catch (OperationCanceledException) when (!_token.IsCancellationRequested)
        {
            lock (_sources) Fail(new P2PShareException(ErrorKind.OperationStopped, ErrorIds.TransferFailed, $"The transfer of {transfer.GetSnapshot().Name} was stopped."));
        }
    }

    private TransferInfo[] Sample()
    {
        var snapshots = _transfers.ConvertAll(transfer => transfer.GetSnapshot()).ToArray();
        lock (_sources)
        {
            // A transfer lets go of its sources when it ends, so the number is remembered.
            foreach (var snapshot in snapshots)
            {
                if (snapshot.Sources > _sources.GetValueOrDefault(snapshot.TransferId)) _sources[snapshot.TransferId] = snapshot.Sources;
            }
        }

        return snapshots;
    }
}
