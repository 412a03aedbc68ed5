using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Offers;

/// <summary>Brings offers to the peers they are for, now or when those come back. Runs only while there are any.</summary>
/// <param name="offers">What is to be brought.</param>
/// <param name="membership">Who is here.</param>
/// <param name="transport">The way there.</param>
/// <param name="store">Who has what.</param>
/// <param name="isOffered">Whether this peer serves a share now.</param>
internal sealed class OfferSender(
    SentOffers offers, SwarmMembership membership, SwarmTransport transport, RecordStore store, Func<InfoHash, bool> isOffered, TimeProvider time) : IAsyncDisposable
{
    private const int MaxDials = 16;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _dials = new(MaxDials);
    private readonly CancellationTokenSource _stopping = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private bool _isRunning;
    private bool _isStopping;

    /// <summary>Offers have been added or answered.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
            if (_isRunning || _isStopping || !offers.HasOpen) return;
            _isRunning = true;
            _running = Task.Run(RunAsync);
        }
    }

    /// <summary>Ends as soon as offers have been added or answered since the call was made.</summary>
    public Task ChangedAsync(CancellationToken cancellationToken) => Volatile.Read(ref _changed).Task.WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Task running;
        lock (_lock)
        {
            if (_isStopping) return;
            _isStopping = true;
            running = _running;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        _changed.TrySetCanceled();
        _dials.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var deliveries = new HashSet<Task>();
        Task changed = Task.CompletedTask, holders = Task.CompletedTask;
        try
        {
            while (true)
            {
                // A wait that goes on is kept: each new one would stay behind until something changes.
                if (changed.IsCompleted) changed = ChangedAsync(_stopping.Token);
                if (holders.IsCompleted) holders = membership.HoldersChangedAsync(_stopping.Token);
                if (offers.CloseComplete(CompleteHoldersOf)) Wake();
                foreach (var (peer, shares) in offers.TakeDue(membership.View.Present.Contains, isOffered)) deliveries.Add(DeliverAsync(peer, shares));
                deliveries.RemoveWhere(static delivery => delivery.IsCompleted);
                lock (_lock)
                {
                    _isRunning = offers.HasOpen;
                    if (!_isRunning) break;
                }

                await Task.WhenAny(changed, holders, Task.Delay(Tick, time, _stopping.Token)).ConfigureAwait(false);
                _stopping.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }

        await Task.WhenAll(deliveries).ConfigureAwait(false);
    }

    private async Task DeliverAsync(PeerId peer, IReadOnlyList<OfferedShare> shares)
    {
        try
        {
            await _dials.WaitAsync(_stopping.Token).ConfigureAwait(false);
            try
            {
                var link = await transport.ConnectAsync(peer, _stopping.Token).ConfigureAwait(false);
                // Noted first: the answer may come at once.
                offers.NoteSent(peer, shares);
                link.Send(new Offer(shares));
            }
            finally
            {
                _dials.Release();
            }
        }
        catch (P2PShareException error)
        {
            offers.NoteUnreachable(peer, error.Message);
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    private IEnumerable<PeerId> CompleteHoldersOf(InfoHash share) =>
        store.HoldersOf(share).Where(static holder => holder.State == HoldingState.Complete).Select(static holder => holder.Peer);
}
