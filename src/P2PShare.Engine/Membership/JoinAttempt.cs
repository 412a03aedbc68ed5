using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine.Membership;

/// <summary>A coordinator that this peer has asked, or is about to ask, to be admitted.</summary>
internal sealed record JoinAttempt(PeerId Target)
{
    // What comes while the snapshot is on its way; past it the joiner finds the gap and asks again.
    private const int MaxEarlyUpdates = 1024;

    private readonly List<Update> _early = [];

    /// <summary>Over which a member that reaches the target could relay, should it not be reached directly.</summary>
    public Link? Informant { get; init; }

    /// <summary>What was said of the target; null when it is the coordinator this peer follows already.</summary>
    public SwarmStatus? Told { get; init; }

    /// <summary>Whether the own coordinator follows the target now, so that there is no way back.</summary>
    public bool IsMove { get; init; }

    /// <summary>How often it was begun before, because the link ended on which the answer was awaited.</summary>
    public int Retries { get; init; }

    /// <summary>How the join was sent; null until then.</summary>
    public Route? Route { get; set; }

    public Joined? Answer { get; set; }

    public Roster Roster { get; } = new();

    public int NextPage { get; set; }

    /// <summary>Updates that came before the snapshot was complete, by sequence.</summary>
    public IEnumerable<Update> EarlyUpdates => _early.OrderBy(update => update.Sequence);

    public void Keep(Update update)
    {
        if (_early.Count < MaxEarlyUpdates) _early.Add(update);
    }
}
