using P2PShare.Engine.Transfers;

namespace P2PShare.Engine;

// When transfers are written down. Of small shares a thousand may come in seconds, and each that is begun and completed
// would be written several times: they wait a moment. A process that is killed meanwhile has forgotten transfers of that
// last second; what they received is found on the disk, and verified, when the share is asked for again.
internal sealed partial class SwarmPeer
{
    private const long SmallShare = 1 << 20;

    private static readonly TimeSpan RememberingDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _rememberGate = new();
    private readonly Dictionary<string, Transfer> _unwritten = [];
    private bool _rememberingDue;

    private void RememberSoon(Transfer transfer)
    {
        if (transfer.Descriptor is { Length: > SmallShare } || transfer.IsPublished || _stopping)
        {
            Remember(transfer);
            return;
        }

        lock (_rememberGate)
        {
            _unwritten[transfer.Descriptor.TransferId] = transfer;
            if (_rememberingDue) return;
            _rememberingDue = true;
        }

        _ = RememberLaterAsync();
    }

    private async Task RememberLaterAsync()
    {
        await Task.Delay(RememberingDelay, _time, CancellationToken.None).ConfigureAwait(false);
        RememberAll();
    }

    private void RememberAll()
    {
        while (true)
        {
            // Held while one is written, so that none is written after it was forgotten.
            lock (_rememberGate)
            {
                if (_unwritten.Count == 0)
                {
                    _rememberingDue = false;
                    return;
                }

                var (id, transfer) = _unwritten.First();
                _unwritten.Remove(id);
                if (_transfers.Get(id) == transfer) Remember(transfer);
            }
        }
    }

    private void Forget(string transferId)
    {
        lock (_rememberGate)
        {
            _unwritten.Remove(transferId);
            _library.Forget(transferId);
        }
    }
}
