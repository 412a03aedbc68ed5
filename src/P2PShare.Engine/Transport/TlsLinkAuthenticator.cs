using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Transport;

/// <summary>TLS as the way two members get to know each other.</summary>
internal sealed class TlsLinkAuthenticator(TlsAuthenticator tls) : ILinkAuthenticator
{
    public async Task<AuthenticatedConnection> AuthenticateAsServerAsync(Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            var session = await tls.AuthenticateAsServerAsync(stream, cancellationToken).ConfigureAwait(false);
            return Connection(session);
        }
        catch (TlsRefusedException refused)
        {
            throw new P2PShareException(ErrorKind.AuthenticationError, ErrorIds.PeerRefused, refused.Refusal.Text, innerException: refused);
        }
    }

    public async Task<AuthenticatedConnection> AuthenticateAsClientAsync(Stream stream, CancellationToken cancellationToken)
    {
        var session = await tls.AuthenticateAsClientAsync(stream, cancellationToken).ConfigureAwait(false);
        return Connection(session);
    }

    private static AuthenticatedConnection Connection(TlsSession session) =>
        new(session.Stream, session.RemoteId) { MemberLeaf = session.RemoteIsNamed ? default : session.RemoteLeaf };
}
