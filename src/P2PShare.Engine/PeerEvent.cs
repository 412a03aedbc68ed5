using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine;

/// <summary>Something that happened to a peer: immutable.</summary>
public sealed record PeerEvent
{
    public required PeerEventKind Kind { get; init; }

    /// <summary>When, in UTC.</summary>
    public required DateTime Time { get; init; }

    /// <summary>One sentence for people, free of secrets and of control characters.</summary>
    public required string Message { get; init; }

    /// <summary>The peer it is about, if any.</summary>
    public PeerInfo? Peer { get; init; }

    /// <summary>The share it is about, if any.</summary>
    public ShareInfo? Share { get; init; }

    /// <summary>The transfer it is about, if any.</summary>
    public TransferInfo? Transfer { get; init; }

    /// <summary>The address it is about, if any.</summary>
    public string? Address { get; init; }

    /// <summary>The stable id of the error it reports, if any.</summary>
    public string? ErrorId { get; init; }

    public override string ToString() => Message;
}
