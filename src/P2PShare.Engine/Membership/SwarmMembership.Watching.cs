using P2PShare.Engine.Membership.Watching;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Membership;

// Who has how much of a share: watchers ask the coordinator, the coordinator asks the members. Percentages are never
// broadcast, and nothing of this runs while nobody watches.
internal sealed partial class SwarmMembership
{
    /// <summary>For how long this peer asks, in seconds; it asks again long before that is over.</summary>
    public const int WatcherLeaseSeconds = 10;

    private const int MaxWatches = 64;
    private static readonly TimeSpan WatchTick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AskCoordinatorAgain = TimeSpan.FromSeconds(4);

    private readonly ProgressBoard _board = new();
    private readonly List<ProgressWatch> _watches = [];
    private ProgressReporter? _reporter;
    private (PeerId Coordinator, Route? Way) _watchedThrough;
    private long _watchEpoch;
    private bool _watchTicking;

    /// <summary>How far this peer is with a share; called from the membership's loop, must not block.</summary>
    public Func<InfoHash, ProgressItem>? ProgressSource { get; set; }

    private ProgressReporter Reporter => _reporter ??= new ProgressReporter(_self);

    private TimeSpan WatchTime => _time.GetElapsedTime(_watchEpoch == 0 ? _watchEpoch = _time.GetTimestamp() : _watchEpoch);

    /// <summary>Begins to watch a share, until what is returned is disposed of.</summary>
    public ProgressWatch Watch(InfoHash share)
    {
        var watch = new ProgressWatch(share, ended => Post(() => EndWatch(ended)));
        Post(() =>
        {
            if (_watches.Count >= MaxWatches) return;
            if (_watches.Find(other => other.InfoHash == share) is { } same) watch.Take(same);
            _watches.Add(watch);
            RunWatching();
        });
        return watch;
    }

    private void EndWatch(ProgressWatch watch)
    {
        if (!_watches.Remove(watch) || _watches.Exists(other => other.InfoHash == watch.InfoHash)) return;
        CheckCoordinator();
        AskCoordinator(new ProgressSubscribe(watch.InfoHash, 0));
    }

    private void OnProgressSubscribe(Route route, ProgressSubscribe request)
    {
        CheckCoordinator();
        if (IsCoordinator)
        {
            if (_roster.IsPresent(route.Peer)) _board.Subscribe(route.Peer, request, WatchTime);
        }
        else if (route.Peer == _coordinator)
        {
            Reporter.Ask(request, WatchTime);
        }

        RunWatching();
    }

    private void OnProgress(Route route, Progress progress)
    {
        CheckCoordinator();
        if (IsCoordinator) _board.Report(route.Peer, progress);
        else if (route.Peer == _coordinator) TakeProgress(progress);
    }

    private void TakeProgress(Progress progress)
    {
        foreach (var watch in _watches) if (watch.InfoHash == progress.InfoHash) watch.Take(progress);
    }

    private void RunWatching()
    {
        TickWatching();
        if (_watchTicking) return;
        _watchTicking = true;
        _ = TickWatchingAsync();
    }

    private async Task TickWatchingAsync()
    {
        try
        {
            await Task.Delay(WatchTick, _time, _stop).ConfigureAwait(false);
            Post(() =>
            {
                _watchTicking = false;
                if (_watches.Count == 0 && _board.IsIdle && Reporter.IsIdle) return;
                RunWatching();
            });
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    private void TickWatching()
    {
        CheckCoordinator();
        var now = WatchTime;
        foreach (var watch in _watches)
        {
            if (watch.AskedAt is { } asked && now - asked < AskCoordinatorAgain) continue;
            watch.AskedAt = now;
            AskCoordinator(new ProgressSubscribe(watch.InfoHash, WatcherLeaseSeconds));
        }

        if (IsCoordinator && !_board.IsIdle)
        {
            var present = _view.Present;
            foreach (var (to, message) in _board.Tick(now, present, CompleteHolders).ToList()) TellMember(to, message);
        }

        foreach (var report in Reporter.Tick(now, share => ProgressSource?.Invoke(share) ?? default))
        {
            if (IsCoordinator) _board.Report(_self, report);
            else if (_up is { } up) Send(up, report);
        }
    }

    // A coordinator is another one, or has lost what it was told, when it is reached by another link.
    private void CheckCoordinator()
    {
        var through = (_coordinator, IsCoordinator ? null : _up);
        if (through == _watchedThrough) return;
        _watchedThrough = through;
        if (!IsCoordinator) _board.Clear();
        Reporter.Clear();
        foreach (var watch in _watches) watch.AskedAt = null;
    }

    private void AskCoordinator(ProgressSubscribe request)
    {
        if (IsCoordinator) _board.Subscribe(_self, request, WatchTime);
        else if (_up is { } up) Send(up, request);
    }

    private void TellMember(PeerId member, MembershipMessage message)
    {
        if (member != _self)
        {
            if (RouteTo(member) is { } route) Send(route, message);
        }
        else if (message is ProgressSubscribe request) Reporter.Ask(request, WatchTime);
        else if (message is Progress progress) TakeProgress(progress);
    }

    private HashSet<PeerId> CompleteHolders(InfoHash share) =>
        [.. _store.HoldersOf(share).Where(holder => holder.State == HoldingState.Complete).Select(holder => holder.Peer)];
}
