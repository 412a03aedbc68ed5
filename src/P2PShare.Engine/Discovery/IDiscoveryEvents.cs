using System.Net;

namespace P2PShare.Engine.Discovery;

/// <summary>What local discovery tells the peer it belongs to. Must not block.</summary>
internal interface IDiscoveryEvents
{
    /// <summary>Whether no other peer of the swarm is known to be here.</summary>
    bool IsAlone { get; }

    /// <summary>Somebody says to be of this swarm at an address: worth a try, and no more.</summary>
    void OnHeard(IPEndPoint address);

    /// <summary>A peer of another swarm announces itself, and none of this one does. Told once.</summary>
    void OnOtherSwarm(IPEndPoint address);
}
