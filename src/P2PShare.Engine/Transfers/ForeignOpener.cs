using P2PShare.Engine.Transport;

namespace P2PShare.Engine.Transfers;

/// <summary>Connects transfers to foreign clients through the peer's transport.</summary>
internal sealed class ForeignOpener(SwarmTransport transport) : IForeignOpener
{
    public Task OpenForeignAsync(string endpoint, IForeignChannelHandler handler, CancellationToken cancellationToken) =>
        transport.OpenForeignAsync(
            Addresses.Parse(endpoint),
            handler.Share,
            features =>
            {
                handler.Capabilities = ForeignCapabilities.Of(features);
                return handler;
            },
            cancellationToken);
}
