using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using P2PShare.Engine.Errors;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Transfers;

/// <summary>
/// Keeps a transfer in touch with holders of its share: opens channels to as many as it wants, chosen by chance, again
/// after a growing, jittered delay where that failed, and whenever the holders change. Who turns out to be of no use
/// makes room for another. Says so when nobody can be reached.
/// </summary>
internal sealed class Connector(Transfer transfer, ReceiveServices services, Random random)
{
    private const int MaxAtOnce = 8;

    // Holders that a report names.
    private const int MaxShown = 5;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ReportAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReplaceInterval = TimeSpan.FromSeconds(10);

    // Useless neighbours that make room for others at a time.
    private const int MaxReplaced = 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<Candidate, Attempt> _attempts = [];
    private TaskCompletionSource _changed = NewSignal();
    private readonly NeighbourGoal _goal = new(transfer.Time);
    private long _replacedAt = transfer.Time.GetTimestamp();
    private long _movedAt = transfer.Time.GetTimestamp();
    private long _received;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var opening = new HashSet<Task>();
        transfer.SessionsChanged += Signal;
        var begun = transfer.Time.GetTimestamp();
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Task changed;
                lock (_gate) changed = _changed.Task;
                using var round = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                // Asked before the holders are read, so that no change falls between.
                var holdersChanged = services.Shares.HoldersChangedAsync(round.Token);
                var next = OpenMore(opening, cancellationToken);
                if (transfer.Time.GetElapsedTime(begun) >= ReportAfter || AllFailed()) transfer.SetConnectNote(Report());
                else if (next > ReportAfter) next = ReportAfter;

                var timer = Task.Delay(next, transfer.Time, round.Token);
                await Task.WhenAny([changed, holdersChanged, timer, .. opening]).ConfigureAwait(false);
                await round.CancelAsync().ConfigureAwait(false);
                opening.RemoveWhere(static task => task.IsCompleted);
                lock (_gate)
                {
                    if (_changed.Task.IsCompleted) _changed = NewSignal();
                }
            }
        }
        finally
        {
            transfer.SessionsChanged -= Signal;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Signal()
    {
        lock (_gate) _changed.TrySetResult();
    }

    /// <returns>When to look again, if nothing happens before.</returns>
    private TimeSpan OpenMore(HashSet<Task> opening, CancellationToken cancellationToken)
    {
        var next = LongestWait;
        var now = transfer.Time.GetTimestamp();
        var candidates = Candidates();
        lock (_gate)
        {
            // Who left and comes back is tried at once.
            foreach (var (gone, _) in _attempts.Where(attempt => !attempt.Value.Running && !candidates.Contains(attempt.Key)).ToList()) _attempts.Remove(gone);
        }

        _goal.Update(transfer.Sessions.Length, StandsStill(now) ? 0 : transfer.ReceiveRate, transfer.BytesMissing);
        if (candidates.Count > _goal.Count)
        {
            ReplaceUseless(candidates, now);
            // Everyone starts somewhere else, or all would crowd at the same few.
            lock (_gate) random.Shuffle(CollectionsMarshal.AsSpan(candidates));
            if (NeighbourGoal.Patience < next) next = NeighbourGoal.Patience;
        }

        foreach (var candidate in candidates)
        {
            if (transfer.Sessions.Length + opening.Count >= _goal.Count || opening.Count >= MaxAtOnce) break;
            if (candidate.Peer is { } peer ? transfer.HasSession(peer) || transfer.IsBanned(peer) : transfer.HasForeignSession(candidate.Endpoint!)) continue;
            Attempt attempt;
            lock (_gate)
            {
                if (!_attempts.TryGetValue(candidate, out attempt!)) _attempts.Add(candidate, attempt = new Attempt());
                if (attempt.Running) continue;
                var wait = attempt.Failures == 0 ? TimeSpan.Zero : attempt.Delay - transfer.Time.GetElapsedTime(attempt.EndedAt, now);
                if (wait > TimeSpan.Zero)
                {
                    if (wait < next) next = wait;
                    continue;
                }

                attempt.Running = true;
            }

            // Checked one by one: of many holders few are needed.
            if (candidate.Peer is { } holder && !services.Shares.IsHolder(holder, transfer.InfoHash))
            {
                lock (_gate) _attempts.Remove(candidate);
                continue;
            }

            opening.Add(OpenAsync(candidate, attempt, cancellationToken));
        }

        return next;
    }

    // The rate is smoothed, and falls to nothing only long after the last byte.
    private bool StandsStill(long now)
    {
        var received = transfer.BytesReceived;
        if (received != _received) (_received, _movedAt) = (received, now);
        return transfer.Time.GetElapsedTime(_movedAt, now) >= NeighbourGoal.Patience;
    }

    /// <summary>With all places taken, those go with whom nothing is to be exchanged, in favour of others that may have something.</summary>
    private void ReplaceUseless(List<Candidate> candidates, long now)
    {
        if (transfer.Sessions.Length < _goal.Count || transfer.Time.GetElapsedTime(_replacedAt, now) < ReplaceInterval) return;
        _replacedAt = now;
        var connected = transfer.Sessions.Select(static session => session.RemoteId).ToHashSet();
        if (candidates.TrueForAll(candidate => connected.Contains(candidate.Peer))) return;
        foreach (var peer in transfer.CloseUseless(MaxReplaced, ReplaceInterval))
        {
            lock (_gate)
            {
                if (!_attempts.TryGetValue(new Candidate(peer, null), out var attempt)) _attempts.Add(new Candidate(peer, null), attempt = new Attempt());
                attempt.Failures = Math.Max(1, attempt.Failures);
                attempt.EndedAt = now;
                attempt.Delay = LongestDelay;
            }
        }
    }

    private List<Candidate> Candidates() => transfer.Descriptor.ForeignEndpoints is { Count: > 0 } endpoints
        ? [.. endpoints.Select(static endpoint => new Candidate(null, endpoint))]
        : [.. services.Shares.PeekHoldersOf(transfer.InfoHash).Select(static peer => new Candidate(peer, null))];

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever fails is one peer that could not be reached; the others are still tried.")]
    private async Task OpenAsync(Candidate candidate, Attempt attempt, CancellationToken cancellationToken)
    {
        string? error = null;
        var session = new PeerSession(transfer);
        var isTaken = false;
        var sinceLast = transfer.Time.GetElapsedTime(attempt.EndedAt);
        using var timeout = new CancellationTokenSource(OpenTimeout, transfer.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            if (candidate.Peer is { } peer)
            {
                await services.Opener.OpenChannelAsync(peer, transfer.InfoHash, session, either.Token).ConfigureAwait(false);
            }
            else
            {
                var opener = services.ForeignOpener ?? throw new P2PShareException(ErrorKind.InvalidOperation, ErrorIds.PeerUnreachable, "This peer does not connect to foreign clients.");
                transfer.RememberForeign(session, candidate.Endpoint!);
                await opener.OpenForeignAsync(candidate.Endpoint!, session, either.Token).ConfigureAwait(false);
            }
        }
        catch (P2PShareException failure)
        {
            error = failure.Message;
            // Another transfer of the share uses the one channel to this peer: as soon as it ends it is ours.
            isTaken = failure.ErrorId == ErrorIds.TransferExists;
        }
        catch (OperationCanceledException)
        {
            error = cancellationToken.IsCancellationRequested ? "cancelled" : $"no answer in {OpenTimeout.TotalSeconds:0} s";
        }
        catch (Exception failure)
        {
            error = failure.Message;
        }

        if (error is not null) transfer.DropWish(session);
        lock (_gate)
        {
            attempt.Running = false;
            attempt.EndedAt = transfer.Time.GetTimestamp();
            attempt.Error = error;
            // A channel that opens and closes at once must not be opened in a tight circle either.
            attempt.Failures = isTaken || (error is null && sinceLast > LongestDelay) ? 1 : attempt.Failures + 1;
            var delay = Math.Min(LongestDelay.TotalSeconds, FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(attempt.Failures - 1, 10)));
            attempt.Delay = TimeSpan.FromSeconds(delay * (0.5 + random.NextDouble()));
        }
    }

    private bool AllFailed()
    {
        lock (_gate) return _attempts.Count > 0 && _attempts.Values.All(static attempt => attempt is { Running: false, Error: not null });
    }

    private string Report()
    {
        lock (_gate)
        {
            var failed = _attempts.Where(static attempt => attempt.Value.Error is not null).ToList();
            if (failed.Count == 0) return "No peer that holds the share is known at the moment.";
            var shown = failed.Take(MaxShown).Select(attempt => $"{Describe(attempt.Key)}: {attempt.Value.Error}");
            var more = failed.Count > MaxShown ? $"; and {failed.Count - MaxShown} more" : "";
            return $"{_attempts.Count} {(_attempts.Count == 1 ? "holder" : "holders")} of the share, none reachable: {string.Join("; ", shown)}{more}";
        }
    }

    private string Describe(Candidate candidate) => candidate.Endpoint ?? services.Shares.NameOf(candidate.Peer!.Value);

    private readonly record struct Candidate(PeerId? Peer, string? Endpoint);

    private sealed class Attempt
    {
        public bool Running { get; set; }

        public int Failures { get; set; }

        public long EndedAt { get; set; }

        public TimeSpan Delay { get; set; }

        public string? Error { get; set; }
    }
}
