using System.Collections.Immutable;
using System.Net;
using System.Threading.Channels;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transfers;
using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Membership;

/// <summary>
/// This peer's place in the swarm. Every peer begins as the coordinator of itself alone; when two coordinators meet, the
/// one with fewer members joins the other. All state belongs to one loop, fed by a bounded queue; others read snapshots.
/// </summary>
internal sealed partial class SwarmMembership : ITransportEvents, ISwarmShares, IAsyncDisposable
{
    private const int MailboxSize = 65_536;
    private const int MaxWaitingJoins = 10_000;
    private static readonly TimeSpan Coalescing = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DialTick = TimeSpan.FromMilliseconds(250);

    private readonly PeerId _self;
    private readonly SwarmTransport _transport;
    private readonly RecordStore _store;
    private readonly RecordVerifier _verifier;
    private readonly OwnHoldings _holdings;
    private readonly OwnRecord _record;
    private readonly AddressBook _addresses;
    private readonly IMembershipEvents _events;
    private readonly TimeProvider _time;
    private readonly Roster _roster = new();
    private readonly Dictionary<PeerId, IReadOnlyList<IPEndPoint>> _hints = [];
    private readonly HashSet<(PeerId Caller, long Token)> _callBacksSeen = [];
    private readonly Random _random;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stop;
    private readonly TaskCompletionSource _catalogueReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<Action> _mailbox = System.Threading.Channels.Channel.CreateBounded<Action>(
        new BoundedChannelOptions(MailboxSize) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private PeerId _coordinator;
    private long _term;
    private PeerId? _tookOver;
    private Route? _up;
    private JoinAttempt? _joining;
    private Task _running = Task.CompletedTask;
    private Task _dialling = Task.CompletedTask;
    private volatile RosterView _view;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SwarmMembership(
        SwarmTransport transport, RecordStore store, RecordVerifier verifier, OwnHoldings holdings, OwnRecord record, AddressBook addresses,
        IMembershipEvents events, long lastTerm, TimeProvider time, Random random)
    {
        _self = transport.Self;
        _transport = transport;
        _store = store;
        _verifier = verifier;
        _verifier.Disproved = events.OnEntryRefused;
        _holdings = holdings;
        _record = record;
        _addresses = addresses;
        _events = events;
        _time = time;
        _random = random;
        _callBackToken = random.NextInt64(MembershipLimits.MaxNumber / 2);
        _stop = _stopping.Token;
        _coordinator = _self;
        _term = Math.Clamp(lastTerm, 1, MembershipLimits.MaxTerm);
        _roster.Admit(_self);
        _view = new RosterView(PeerState.Joining, _self, _term, _roster.Present, []);
    }

    /// <summary>Ends when this peer has the swarm's catalogue, or knows that it is alone.</summary>
    public Task CatalogueReady => _catalogueReady.Task;

    /// <summary>State, coordinator, term and who is present, as of now.</summary>
    public RosterView View => _view;

    /// <summary>Called with offers and answers to offers, on the membership's loop: must be quick. Set before <see cref="Start"/>.</summary>
    public Action<Link, MembershipMessage>? OffersReceived { get; set; }

    /// <summary>Free bytes that the own record tells of from its next signing on; -1 when they are not known.</summary>
    public long FreeSpace
    {
        get => _record.FreeSpace;
        set => _record.FreeSpace = value;
    }

    /// <summary>Free bytes that the own record tells of now.</summary>
    public long ToldFreeSpace => _record.Current.Details.FreeSpace;

    private bool IsCoordinator => _coordinator == _self;

    /// <summary>Begins: signs the own record, and looks for the swarm.</summary>
    public void Start()
    {
        _record.Renew(_store.VersionOf(RecordKey.OfPeer(_self)));
        _store.Put(_record.Current);
        _running = RunAsync();
        _dialling = DialAsync();
    }

    /// <summary>Looks for further peers at once.</summary>
    public void Connect(IReadOnlyList<string> addresses)
    {
        foreach (var address in addresses) _addresses.Give(address);
        _addresses.Hurry();
        Post(TryDueAddresses);
    }

    /// <summary>Signs a share record and lets the swarm know; ends when it is in the own catalogue.</summary>
    /// <exception cref="OperationCanceledException">The peer is stopping.</exception>
    public Task<ShareRecord> PublishShareAsync(ShareDetails details, IRecordSigner signer)
    {
        var done = new TaskCompletionSource<ShareRecord>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            var key = RecordKey.OfShare(details.Publisher, details.InfoHash, details.Name);
            var stored = Math.Max(_store.VersionOf(key), details.IsWithdrawn ? 0 : _store.HighestShareVersion(details.Publisher));
            var record = ShareRecord.Sign(details, MembershipLimits.NextVersion(stored, Now), signer);
            _store.Put(record);
            Announce([record.Entry]);
            NotifyChanged();
            _events.OnShareChanged(record);
            done.SetResult(record);
        });
        return done.Task.WaitAsync(_stop);
    }

    /// <summary>Ends when all that was noted before is in the own catalogue.</summary>
    /// <exception cref="OperationCanceledException">The peer is stopping.</exception>
    public Task SettledAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            SignHoldings();
            done.SetResult();
        });
        return done.Task.WaitAsync(_stop);
    }

    /// <summary>Signs the own record anew, for a renewed leaf, or with other free space.</summary>
    public void RenewOwnRecord() => Post(() => RenewRecord());

    /// <summary>Brings records of others (of shares this peer holds from earlier) into the catalogue, before <see cref="Start"/>.</summary>
    public void Preload(IEnumerable<SignedEntry> entries)
    {
        foreach (var entry in entries) _verifier.TryAccept(entry, RecordBelief.Claimed, "the state of an earlier run", out _);
    }

    public IReadOnlyList<PeerId> HoldersOf(InfoHash share) => OthersOf(_store.HoldersOf(share));

    public IReadOnlyList<PeerId> PeekHoldersOf(InfoHash share) => OthersOf(_store.PeekHoldersOf(share));

    public bool IsHolder(PeerId peer, InfoHash share) => peer != _self && _view.Present.Contains(peer) && _store.IsHolder(peer, share);

    public bool IsCompleteElsewhere(InfoHash share) => PresentOf(_store.PeekHoldersOf(share)).Any(static holder => holder.State == HoldingState.Complete);

    public Task HoldersChangedAsync(CancellationToken cancellationToken) => Volatile.Read(ref _changed).Task.WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested) return;
        await _stopping.CancelAsync().ConfigureAwait(false);
        _mailbox.Writer.TryComplete();
        await Task.WhenAll(_running, _dialling).ConfigureAwait(false);
        _catalogueReady.TrySetCanceled();
        Volatile.Read(ref _changed).TrySetCanceled();
        _stopping.Dispose();
    }

    public string NameOf(PeerId peer) =>
        peer == _self ? _record.Current.Details.Name : _store.FindPeer(peer)?.Details.Name ?? peer.ToString()[..8];

    private List<PeerId> OthersOf(IReadOnlyList<(PeerId Peer, HoldingState State)> holders) =>
        [.. PresentOf(holders).OrderByDescending(static holder => holder.State).Select(static holder => holder.Peer)];

    private IEnumerable<(PeerId Peer, HoldingState State)> PresentOf(IReadOnlyList<(PeerId Peer, HoldingState State)> holders)
    {
        var present = _view.Present;
        return holders.Where(holder => holder.Peer != _self && present.Contains(holder.Peer));
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private void Post(Action action) => _mailbox.Writer.TryWrite(action);

    private async Task RunAsync()
    {
        try
        {
            await foreach (var action in _mailbox.Reader.ReadAllAsync(_stopping.Token).ConfigureAwait(false)) action();
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
#pragma warning disable CA1031 // A fault of the membership is the end of the peer, which must say so instead of going silent.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _events.OnFault(error);
        }
    }

    private void Handle(Route route, MembershipMessage message)
    {
        switch (message)
        {
            case SwarmStatus status:
                OnStatus(route, status);
                break;
            case Join join:
                OnJoin(route, join);
                break;
            case Joined joined:
                OnJoined(route, joined);
                break;
            case SnapshotPage page:
                OnSnapshotPage(route, page);
                break;
            case Update update:
                OnUpdate(route, update);
                break;
            case Publish publish:
                OnPublish(route, publish);
                break;
            case Leave:
                if (IsCoordinator) Dismiss(route.Peer, hasResigned: true);
                break;
            case Ping ping:
                Send(route, new Pong(ping.Token, Now));
                break;
            case Pong pong:
                OnPong(route, pong);
                break;
            case CallMeBack call:
                OnCallMeBack(route.Carrier, call);
                break;
            case TakeOver takeOver:
                OnTakeOver(route, takeOver);
                break;
            case ConfirmCoordinator confirm:
                OnConfirm(route, confirm);
                break;
            case Unreachable unreachable:
                OnUnreachable(route, unreachable);
                break;
            case Goodbye { Reason: GoodbyeReason.ShuttingDown }:
                _leaving.Add(route.Peer);
                break;
            case DialBack question when route.IsDirect:
                OnDialBack(route.Carrier, question);
                break;
            case DialBackAnswer answer when route.IsDirect:
                OnDialBackAnswer(route.Carrier, answer);
                break;
            case Offer or OfferAnswer:
                OffersReceived?.Invoke(route.Carrier, message);
                break;
            case ProgressSubscribe request:
                OnProgressSubscribe(route, request);
                break;
            case Progress progress:
                OnProgress(route, progress);
                break;
        }
    }

    private SwarmStatus StatusFor(PeerId receiver)
    {
        var record = _store.FindPeer(_coordinator);
        return new SwarmStatus
        {
            Coordinator = _coordinator,
            Addresses = record?.Details.Addresses ?? [],
            Term = _term,
            Members = Math.Max(1, _roster.PresentCount),
            Sequence = IsCoordinator ? _lastSequence : _sequence,
            TookOver = _tookOver,
            IsUnfit = record is not null && !record.Details.Roles.HasFlag(PeerRoles.MayCoordinate),
            IsUnlisted = IsCoordinator && !_roster.IsPresent(receiver),
        };
    }

    /// <summary>Tells the swarm of own or held records that are new: to the coordinator, or, being it, to all.</summary>
    private void Announce(IReadOnlyList<SignedEntry> entries)
    {
        if (entries.Count == 0) return;
        if (IsCoordinator) Broadcast(entries, null);
        // Also while a join is under way: it may fail, and then nobody would send them.
        else if (_up is { } up) SendPublications(up, entries);
    }

    private void RenewRecord(long remembered = 0)
    {
        _record.Renew(Math.Max(remembered, _store.VersionOf(RecordKey.OfPeer(_self))));
        _store.Put(_record.Current);
        Announce([_record.Current.Entry]);
    }

    private void SetState(PeerState state)
    {
        _view = new RosterView(state, _coordinator, _term, _roster.Present, [.. _roster.Eligible.Where(peer => peer != _coordinator).Take(Roster.DeputyCount)]);
        if (state == PeerState.Joined && _bringer is null) _catalogueReady.TrySetResult();
        NotifyChanged();
    }

    private void NotifyChanged() =>
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
