using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transfers;

namespace P2PShare.PowerShell.Jobs;

/// <summary>What an event of a <see cref="PeerJob"/> brings: $EventArgs in the action of Register-ObjectEvent.</summary>
public sealed class PeerEventArgs : EventArgs
{
    private readonly PeerEvent _happened;

    internal PeerEventArgs(PeerEvent happened) => _happened = happened;

    public PeerEventKind Kind => _happened.Kind;

    /// <summary>When, in UTC.</summary>
    public DateTime Time => _happened.Time;

    /// <summary>One sentence for people.</summary>
    public string Message => _happened.Message;

    /// <summary>The peer it is about, if any.</summary>
    public PeerInfo? Peer => _happened.Peer;

    /// <summary>The share it is about, if any.</summary>
    public ShareInfo? Share => _happened.Share;

    /// <summary>The transfer it is about, if any.</summary>
    public TransferInfo? Transfer => _happened.Transfer;

    /// <summary>The address it is about, if any.</summary>
    public string? Address => _happened.Address;

    /// <summary>The stable id of the error it reports, if any.</summary>
    public string? ErrorId => _happened.ErrorId;

    public override string ToString() => Message;
}
