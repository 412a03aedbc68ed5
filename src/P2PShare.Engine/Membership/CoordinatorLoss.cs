using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Membership;

/// <summary>The coordinator is lost and nobody has followed it yet: what is known meanwhile.</summary>
/// <param name="Coordinator">Who is lost.</param>
/// <param name="Nonce">The process that coordinated: one started anew has another, and nothing to coordinate with.</param>
/// <param name="Reason">Why its link ended.</param>
/// <param name="HasResigned">Whether it said goodbye, so that nobody needs to confirm that it is gone.</param>
/// <param name="Since">The timestamp of the loss.</param>
internal sealed record CoordinatorLoss(PeerId Coordinator, BootNonce? Nonce, string Reason, bool HasResigned, long Since)
{
    /// <summary>Deputies that cannot be reached either.</summary>
    public HashSet<PeerId> Gone { get; } = [];

    /// <summary>Who has been asked, and when.</summary>
    public Dictionary<PeerId, long> Asked { get; } = [];

    /// <summary>Whether another member has lost it, too.</summary>
    public bool IsConfirmed { get; set; }

    /// <summary>Whether it could not be dialled either.</summary>
    public bool IsUnreachable { get; set; }

    /// <summary>The deputy that is being dialled.</summary>
    public PeerId? Dialling { get; set; }
}
