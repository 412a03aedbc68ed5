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
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Stopping);
        try
        {
            return await _dialler.DialAsync(peer.ToString(), [.. _events!.AddressesOf(peer).Select(Addresses.Parse)], peer, ProbeAsync, limit.Token).ConfigureAwait(false);
        }
        catch (P2PShareException)
        {
            return false;
        }
    }

    private async Task<bool> ProbeAsync(DialledConnection connection, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.HandshakeTimeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        await using (connection.ConfigureAwait(false))
        {
            try
            {
                await LinkHandshake.DialAsync(connection.Proven, connection.Network, _nonce, Port, _time, limit.Token, isProbe: true).ConfigureAwait(false);
                return true;
            }
            catch (Exception error) when (error is P2PShareException or IOException or ObjectDisposedException or Protocol.ProtocolException || (error is OperationCanceledException && timeout.IsCancellationRequested))
            {
                throw DialFailure.Refused(Addresses.Format(connection.Address), error.Message, error);
            }
        }
    }

    private async Task AnswerProbeAsync(Stream stream, NetworkConnection connection, CancellationToken cancellationToken)
    {
        await LinkHandshake.WelcomeAsync(stream, connection, _nonce, Port, _time, cancellationToken).ConfigureAwait(false);
        // The dialler closes: the end of the stream here first could overtake the welcome.
        await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
    }
}
