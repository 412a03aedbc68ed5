using P2PShare.Engine.Transport;

namespace P2PShare.Engine.Transfers;

/// <summary>What a transfer that receives needs of the rest of the peer.</summary>
internal sealed class ReceiveServices
{
    public required ISwarmShares Shares { get; init; }

    public required IChannelOpener Opener { get; init; }

    /// <summary>Null where there are no foreign clients.</summary>
    public IForeignOpener? ForeignOpener { get; init; }

    public required ITransferStorage Storage { get; init; }

    /// <summary>Null where nothing is reused.</summary>
    public ILocalFiles? LocalFiles { get; init; }

    /// <summary>Tells of an earlier transfer of the same share that is under way; null where there is none.</summary>
    public Func<Transfer, Transfer?> FindElder { get; set; } = static _ => null;

    /// <summary>How many transfers run at once; the others wait for their turn.</summary>
    public required SemaphoreSlim Slots { get; init; }
}
