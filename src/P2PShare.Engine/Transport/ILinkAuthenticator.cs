using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Transport;

/// <summary>Turns a raw connection into one between two members that know each other's identity: TLS in earnest.</summary>
public interface ILinkAuthenticator
{
    /// <exception cref="Errors.P2PShareException">PeerRefused: who connected is no member; the message says why.</exception>
    Task<AuthenticatedConnection> AuthenticateAsServerAsync(Stream stream, CancellationToken cancellationToken);

    /// <exception cref="Errors.P2PShareException">PeerRefused: who answered is no member or did not accept us; the message says why.</exception>
    Task<AuthenticatedConnection> AuthenticateAsClientAsync(Stream stream, CancellationToken cancellationToken);
}
