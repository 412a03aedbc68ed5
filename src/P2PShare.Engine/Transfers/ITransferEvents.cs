using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>What transfers tell the rest of the peer. Called from any thread, often with a transfer's lock held: implementations only queue.</summary>
internal interface ITransferEvents
{
    void OnStateChanged(Transfer transfer, TransferState state);

    /// <summary>At most once a second for each transfer that moves.</summary>
    void OnProgress(Transfer transfer);

    /// <summary>This peer has more, or less, of a share for others than before.</summary>
    void OnHoldingChanged(InfoHash share, TransferHolding holding);

    /// <summary>Its own rate limits were changed.</summary>
    void OnLimitsChanged(Transfer transfer);

    /// <summary>A peer sent what was not true and is not used for this share any more.</summary>
    /// <param name="peer">Null for a foreign client.</param>
    void OnPeerBanned(Transfer transfer, PeerId? peer, string peerName, string reason);

    /// <summary>Something the user should know of and that stops nothing.</summary>
    void OnWarning(Transfer transfer, string errorId, string message);
}
