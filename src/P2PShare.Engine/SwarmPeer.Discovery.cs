using System.Net;
using System.Net.Sockets;
using P2PShare.Engine.Discovery;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Discovery;

namespace P2PShare.Engine;

// Other peers of the swarm on the local networks.
internal sealed partial class SwarmPeer : IDiscoveryEvents
{
    private LocalDiscovery? _discovery;

    bool IDiscoveryEvents.IsAlone => _membership.View.Present.Count <= 1;

    void IDiscoveryEvents.OnHeard(IPEndPoint address)
    {
        if (!_stopping) _addresses.Hear(address, atOnce: _membership.View.Present.Count <= 1);
    }

    void IDiscoveryEvents.OnOtherSwarm(IPEndPoint address) => Raise(new PeerEvent
    {
        Kind = PeerEventKind.Warning,
        Time = UtcNow,
        Message = $"Another swarm was heard at {Addresses.Format(address)}, and none of this one. If that peer should be of the swarm '{SwarmName}', one of the two machines has the file of another swarm.",
        Address = Addresses.Format(address),
    });

    private void PrepareDiscovery()
    {
        _addresses.PresentAddresses = PresentAddresses;
        if (!_options.Discovery) return;
        try
        {
            var multicast = _options.Multicast?.Invoke() ?? MulticastSockets.Open(PeerComposition.ParseListenAddress(_options.ListenAddress));
            var random = _options.RandomSeed is { } seed ? new Random(seed ^ Port) : new Random();
            _discovery = new LocalDiscovery(DiscoveryId.Of(_identity.SwarmId), Port, multicast, this, _time, random);
            _addresses.AwaitHeard(LocalDiscovery.FirstListen);
        }
        catch (SocketException error)
        {
            Warn($"Peers on the local network are not looked for: {error.Message}. Addresses that are given are.", null);
        }
    }

    // What the peer records say is enough to spare a needless handshake, and nothing else hangs on it.
    private IEnumerable<IPEndPoint> PresentAddresses() =>
        _membership.View.Present.SelectMany(peer => _store.PeekPeer(peer)?.Details.Addresses ?? []);
}
