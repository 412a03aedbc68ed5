namespace P2PShare.Engine.Transfers;

/// <summary>Connects to foreign BitTorrent clients.</summary>
internal interface IForeignOpener
{
    /// <summary>Connects, shakes hands for the handler's share and opens it.</summary>
    /// <param name="endpoint">"host:port".</param>
    /// <exception cref="Errors.P2PShareException">PeerUnreachable, PeerRefused.</exception>
    Task OpenForeignAsync(string endpoint, IForeignChannelHandler handler, CancellationToken cancellationToken);
}
