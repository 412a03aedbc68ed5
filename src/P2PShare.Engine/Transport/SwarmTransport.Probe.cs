using P2PShare.Engine.Errors;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Transport;

// Finding out whether a peer can be dialled, beside the link there may be to it.
internal sealed partial class SwarmTransport
{
    /// <summary>Whether a peer can be dialled at one of its addresses: a whole handshake that ends at the welcome and touches no link.</summary>
    /// <exception cref="OperationCanceledException"/>
    public async Task<bool> ProbeAsync(PeerId peer, CancellationToken cancellationToken)
    {
        foreach (var address in _events!.AddressesOf(peer))
        {
            try
            {
                if (await ProbeAddressAsync(address, peer, cancellationToken).ConfigureAwait(false)) return true;
            }
            catch (Exception error) when (error is P2PShareException or IOException or ObjectDisposedException or Protocol.ProtocolException)
            {
                // The next address may do.
            }
        }

        return false;
    }

    private async Task<bool> ProbeAddressAsync(string address, PeerId peer, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(Addresses.Parse(address), address, cancellationToken).ConfigureAwait(false);
        using var timeout = new CancellationTokenSource(_options.HandshakeTimeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token, Stopping);
        try
        {
            var stream = await _authenticator.AuthenticateAsClientAsync(connection.Stream, limit.Token).ConfigureAwait(false);
            if (stream.Remote != peer) return false;
            await LinkHandshake.DialAsync(stream, connection, _nonce, Port, _time, limit.Token, isProbe: true).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task AnswerProbeAsync(Stream stream, NetworkConnection connection, CancellationToken cancellationToken)
    {
        await LinkHandshake.WelcomeAsync(stream, connection, _nonce, Port, _time, cancellationToken).ConfigureAwait(false);
        // The dialler closes: the end of the stream here first could overtake the welcome.
        await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
    }
}
