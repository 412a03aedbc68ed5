using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Membership;

/// <summary>The peers some names stand for.</summary>
/// <param name="Peers">Each once.</param>
/// <param name="Errors">NoSuchPeer, one for each name that stands for nobody.</param>
public sealed record PeerSelectionResult(IReadOnlyList<PeerInfo> Peers, IReadOnlyList<P2PShareException> Errors);
