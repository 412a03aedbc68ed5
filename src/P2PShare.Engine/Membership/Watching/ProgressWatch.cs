using System.Collections.Immutable;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Membership.Watching;

/// <summary>
/// A share that is watched by this peer, and what its coordinator told of it. Written by the membership's loop alone, read
/// from any thread; disposing of it ends the watching.
/// </summary>
internal sealed class ProgressWatch(InfoHash share, Action<ProgressWatch> end) : IDisposable
{
    private ImmutableDictionary<PeerId, ProgressItem> _items = ImmutableDictionary<PeerId, ProgressItem>.Empty;
    private volatile bool _isAnswered;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public InfoHash InfoHash { get; } = share;

    /// <summary>What peers told of themselves; those that told nothing are not on their way to it, or hold all of it.</summary>
    public ImmutableDictionary<PeerId, ProgressItem> Items => Volatile.Read(ref _items);

    /// <summary>Whether the coordinator has told all that there was to tell.</summary>
    public bool IsAnswered => _isAnswered;

    /// <summary>When the coordinator was asked last; null when it is to be asked now. The loop's own.</summary>
    public TimeSpan? AskedAt { get; set; }

    /// <summary>Ends at the next change; to be taken before what may change is looked at.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    public void Take(Protocol.Membership.Messages.Progress progress)
    {
        var items = progress.IsFirst ? ImmutableDictionary<PeerId, ProgressItem>.Empty : _items;
        Volatile.Write(ref _items, items.SetItems(progress.Items.Select(item => KeyValuePair.Create(item.Peer, item))));
        if (progress.IsLast) _isAnswered = true;
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    /// <summary>What another watch of the same share was told: its coordinator says nothing twice.</summary>
    public void Take(ProgressWatch other)
    {
        Volatile.Write(ref _items, other.Items);
        _isAnswered = other.IsAnswered;
        AskedAt = other.AskedAt;
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    public void Dispose() => end(this);
}
