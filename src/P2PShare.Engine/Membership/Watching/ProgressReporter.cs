using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Membership.Watching;

/// <summary>
/// A member's part in watching: while the coordinator asks, it tells how far this peer is with a share, at most once a
/// second and only what has changed. Not thread-safe; times are counted from any fixed moment.
/// </summary>
internal sealed class ProgressReporter(PeerId self)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<InfoHash, Asked> _asked = [];

    public bool IsIdle => _asked.Count == 0;

    /// <summary>The coordinator asks, asks on, or needs no more (a lease of 0).</summary>
    public void Ask(ProgressSubscribe request, TimeSpan now)
    {
        if (request.LeaseSeconds == 0)
        {
            _asked.Remove(request.InfoHash);
            return;
        }

        if (!_asked.TryGetValue(request.InfoHash, out var asked))
        {
            if (_asked.Count >= ProgressBoard.MaxShares) return;
            _asked.Add(request.InfoHash, asked = new Asked { NextAt = now });
        }

        asked.Until = now + TimeSpan.FromSeconds(request.LeaseSeconds);
        // Said again once for each time it is asked, so that whatever was lost on the way is mended.
        asked.SayAgain = true;
    }

    /// <summary>What is to be sent to the coordinator now.</summary>
    /// <param name="now">The time.</param>
    /// <param name="source">How far this peer is with a share.</param>
    public IReadOnlyList<Progress> Tick(TimeSpan now, Func<InfoHash, ProgressItem> source)
    {
        if (_asked.Count == 0) return [];
        foreach (var over in _asked.Where(entry => entry.Value.Until <= now).Select(entry => entry.Key).ToList()) _asked.Remove(over);
        var reports = new List<Progress>();
        foreach (var (share, asked) in _asked)
        {
            if (now < asked.NextAt) continue;
            var item = source(share) with { Peer = self };
            if (!IsNews(asked, item)) continue;
            asked.NextAt = now + Interval;
            asked.Told = item;
            asked.SayAgain = false;
            reports.Add(new Progress { InfoHash = share, Items = [item], IsLast = true });
        }

        return reports;
    }

    /// <summary>Forgets who asked: there is another coordinator.</summary>
    public void Clear() => _asked.Clear();

    private static bool IsNews(Asked asked, ProgressItem item)
    {
        // Silence means that there is nothing to tell.
        if (asked.Told is not { } told) return item.State != ProgressState.None;
        if (item.State != told.State || item.Done != told.Done) return true;
        if (asked.SayAgain && item.State != ProgressState.None) return true;
        return Math.Abs(item.Rate - told.Rate) > told.Rate / 16;
    }

    private sealed class Asked
    {
        public TimeSpan Until { get; set; }

        public TimeSpan NextAt { get; set; }

        public ProgressItem? Told { get; set; }

        public bool SayAgain { get; set; }
    }
}
