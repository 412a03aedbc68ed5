using P2PShare.Engine.Errors;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Transport;

// Finding out who is at an address, beside the link there may be to it.
internal sealed partial class SwarmTransport
{
    /// <summary>Proves by TLS who is at an address, and closes; no link is touched.</summary>
    /// <param name="address">Where.</param>
    /// <param name="expected">Who must be there; null for any other member.</param>
    /// <returns>Who is there.</returns>
    /// <exception cref="P2PShareException">PeerUnreachable, PeerRefused, InvalidAddress.</exception>
    public async Task<PeerId> ProbeAsync(string address, PeerId? expected, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(Addresses.Parse(address), address, cancellationToken).ConfigureAwait(false);
        using var timeout = new CancellationTokenSource(_options.HandshakeTimeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token, Stopping);
        try
        {
            var stream = await _authenticator.AuthenticateAsClientAsync(connection.Stream, limit.Token).ConfigureAwait(false);
            if (stream.Remote == Self) throw Refused(address, "it is this peer itself");
            if (expected is { } wanted && stream.Remote != wanted) throw Refused(address, "another peer is there than was looked for");
            return stream.Remote;
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or Protocol.ProtocolException)
        {
            throw Refused(address, error is Protocol.ProtocolException ? error.Message : "the connection broke during the handshake", error);
        }
        catch (OperationCanceledException error) when (timeout.IsCancellationRequested)
        {
            throw Refused(address, "it did not complete the handshake in time (something else than a P2PShare peer?)", error);
        }
    }
}
