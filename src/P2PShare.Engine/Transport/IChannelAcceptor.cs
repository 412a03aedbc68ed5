using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transport;

/// <summary>Decides about channels that other peers open.</summary>
public interface IChannelAcceptor
{
    /// <summary>The handler for a channel that <paramref name="peer"/> opens for a share, or null to reject it (the share is not offered here).</summary>
    IChannelHandler? AcceptChannel(PeerId peer, InfoHash share);

    /// <summary>The handler for a foreign client that names a share by 20 bytes of its info-hash and announced these features, or null: no such open share.</summary>
    IChannelHandler? AcceptForeign(ReadOnlySpan<byte> truncatedInfoHash, HandshakeFeatures features);
}
