namespace P2PShare.Engine.Transfers;

/// <summary>How much of a share this peer has for others.</summary>
internal enum TransferHolding
{
    None,
    Partial,
    Complete,
}
