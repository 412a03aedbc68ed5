using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>What transfers need to know of the swarm: who holds what. The catalogue stands behind it.</summary>
public interface ISwarmShares
{
    /// <summary>Present peers other than this one that hold some or all of a share; complete ones first.</summary>
    IReadOnlyList<PeerId> HoldersOf(InfoHash share);

    /// <summary>The same as was sent, unchecked: <see cref="IsHolder"/> is to be asked about those that are used.</summary>
    IReadOnlyList<PeerId> PeekHoldersOf(InfoHash share) => HoldersOf(share);

    /// <summary>Whether a present peer other than this one holds some or all of a share by its own, checked word.</summary>
    bool IsHolder(PeerId peer, InfoHash share) => HoldersOf(share).Contains(peer);

    /// <summary>Whether a present peer other than this one says that it holds all of a share; unchecked.</summary>
    bool IsCompleteElsewhere(InfoHash share);

    /// <summary>How a peer is called in messages for people.</summary>
    string NameOf(PeerId peer) => peer.ToString()[..12];

    /// <summary>Ends as soon as the holders of any share may have changed since the call was made.</summary>
    Task HoldersChangedAsync(CancellationToken cancellationToken);
}
