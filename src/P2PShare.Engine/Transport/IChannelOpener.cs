using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transport;

/// <summary>Opens channels to peers of the swarm, dialling a link where there is none.</summary>
public interface IChannelOpener
{
    /// <summary>
    /// Opens a channel for a share to a peer. Both sides opening at once end up with one channel: the call then returns it,
    /// and the handler that is called is the one of the surviving side's choice (see <see cref="IChannelAcceptor"/>).
    /// </summary>
    /// <exception cref="Errors.P2PShareException">PeerUnreachable, PeerRefused, ShareNotFound (the peer does not offer it).</exception>
    Task OpenChannelAsync(PeerId peer, InfoHash share, IChannelHandler handler, CancellationToken cancellationToken);
}
