using System.Collections.Immutable;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Membership;

/// <summary>The roster at one moment.</summary>
/// <param name="State">Where this peer stands.</param>
/// <param name="Coordinator">Whom it follows; itself when it coordinates.</param>
/// <param name="Term">The coordinator's term.</param>
/// <param name="Present">Who is in the swarm, this peer included.</param>
/// <param name="Deputies">Who takes over, in this order, when the coordinator is lost: at most two.</param>
internal sealed record RosterView(PeerState State, PeerId Coordinator, long Term, ImmutableHashSet<PeerId> Present, ImmutableArray<PeerId> Deputies)
{
    /// <summary>What a peer does for the roster.</summary>
    public PeerRole RoleOf(PeerId peer) =>
        peer == Coordinator ? PeerRole.Coordinator : Deputies.Contains(peer) ? PeerRole.Deputy : PeerRole.Member;
}
