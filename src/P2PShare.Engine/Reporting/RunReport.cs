using P2PShare.Engine.Membership;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Reporting;

/// <summary>What a peer saw of its swarm since it was started: an immutable snapshot.</summary>
public sealed record RunReport
{
    public required PeerInfo Self { get; init; }

    /// <summary>In UTC.</summary>
    public required DateTime Started { get; init; }

    /// <summary>In UTC.</summary>
    public required DateTime Until { get; init; }

    /// <summary>Those present, by name.</summary>
    public IReadOnlyList<PeerInfo> Peers { get; init; } = [];

    /// <summary>The ids of peers to which this one has a link.</summary>
    public IReadOnlySet<string> Linked { get; init; } = new HashSet<string>();

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<RateSample> Rates { get; init; } = [];

    /// <summary>Newest share first.</summary>
    public IReadOnlyList<ShareRun> Shares { get; init; } = [];

    /// <summary>In the order in which they began.</summary>
    public IReadOnlyList<Arrival> Arrivals { get; init; } = [];

    /// <summary>This peer's own transfers, newest first.</summary>
    public IReadOnlyList<TransferInfo> Transfers { get; init; } = [];
}
