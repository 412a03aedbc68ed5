using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>One share's line in a peer's holdings.</summary>
public readonly record struct HoldingsItem(InfoHash InfoHash, HoldingState State);
