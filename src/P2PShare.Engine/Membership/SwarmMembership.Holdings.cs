using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Membership;

// What this peer says it holds. A part of up to 2,000 shares is signed as a whole, so that of many small shares, one
// received after the other, not each is worth a signature: a first change is told at once, those that follow together.
internal sealed partial class SwarmMembership
{
    private readonly Dictionary<InfoHash, HoldingState> _changedHoldings = [];
    private long _holdingsSigned;
    private bool _holdingsDue;

    /// <summary>Notes how much of a share this peer holds, and lets the swarm know.</summary>
    public void SetHolding(InfoHash share, HoldingState state) => Post(() =>
    {
        _changedHoldings[share] = state;
        if (_holdingsDue) return;
        var wait = _holdingsSigned == 0 ? TimeSpan.Zero : Coalescing - _time.GetElapsedTime(_holdingsSigned);
        if (wait <= TimeSpan.Zero)
        {
            SignHoldings();
            return;
        }

        _holdingsDue = true;
        _ = SignHoldingsSoonAsync(wait);
    });

    private async Task SignHoldingsSoonAsync(TimeSpan wait)
    {
        try
        {
            await Task.Delay(wait, _time, _stopping.Token).ConfigureAwait(false);
            Post(() =>
            {
                _holdingsDue = false;
                SignHoldings();
            });
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    private void SignHoldings()
    {
        if (_changedHoldings.Count == 0) return;
        _holdingsSigned = _time.GetTimestamp();
        var entries = _holdings.Set(_changedHoldings, out var changed);
        _changedHoldings.Clear();
        if (entries.Count == 0) return;
        foreach (var part in changed) _store.Put(part);
        Announce(entries);
        NotifyChanged();
    }
}
