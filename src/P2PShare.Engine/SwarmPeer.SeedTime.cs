using P2PShare.Engine.Transfers;

namespace P2PShare.Engine;

// Shares that are given to others for a time only.
internal sealed partial class SwarmPeer
{
    // What a timer can hold; a peer that runs longer than that has long been started again.
    private static readonly TimeSpan LongestSeedTime = TimeSpan.FromDays(40);

    /// <summary>Offers a share no more when its time is over; its files stay.</summary>
    private async Task EndSeedingAsync(Transfer transfer, TimeSpan time)
    {
        try
        {
            await Task.Delay(TimeSpan.FromTicks(Math.Clamp(time.Ticks, 0, LongestSeedTime.Ticks)), _time, _acceptStopping.Token).ConfigureAwait(false);
            Forget(transfer.Descriptor.TransferId);
            await _transfers.RemoveAsync(transfer).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }
}
