using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine;

// Addresses that are given while the peer runs.
internal sealed partial class SwarmPeer
{
    public async Task<PeerInfo> MeetAsync(string address, CancellationToken cancellationToken = default)
    {
        ThrowIfStopping();
        var endPoint = Addresses.Parse(address);
        try
        {
            var link = await _transport.DialAsync(endPoint, expected: null, cancellationToken).ConfigureAwait(false);
            Keep(link.Remote, null);
            while (true)
            {
                var changed = _membership.HoldersChangedAsync(cancellationToken);
                if (_membership.View.Present.Contains(link.Remote)) return DescribePeer(link.Remote);
                await changed.ConfigureAwait(false);
            }
        }
        catch (P2PShareException error)
        {
            Keep(null, error.Message);
            throw;
        }
        catch (OperationCanceledException)
        {
            if (cancellationToken.IsCancellationRequested) Keep(null, "no answer yet");
            else if (_stopping) throw Stopped();
            throw;
        }

        void Keep(PeerId? peer, string? failure)
        {
            _addresses.Give(address);
            _addresses.Note(endPoint, peer, failure);
        }
    }
}
