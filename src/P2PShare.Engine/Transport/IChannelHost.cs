using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Transport;

/// <summary>The connection that a <see cref="ShareChannel"/> stands on.</summary>
internal interface IChannelHost
{
    PeerId? RemoteId { get; }

    string RemoteName { get; }

    TimeSpan RoundTripTime { get; }

    void OnChannelEnded(ShareChannel channel, string reason, bool tellRemote);

    void CloseConnection(string reason);
}
