using P2PShare.Engine.Transport;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>A handler that can serve a foreign connection: what the transport's 68-byte handshake needs of it and tells it.</summary>
internal interface IForeignChannelHandler : IChannelHandler
{
    /// <summary>The full info-hash.</summary>
    InfoHash Share { get; }

    /// <summary>Set by the transport after the handshake and before <see cref="IChannelHandler.OnOpened"/>.</summary>
    ForeignCapabilities Capabilities { get; set; }
}
