using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine.Catalogue;

/// <summary>What must be believed to believe anything: the swarm's root and the chains below it.</summary>
internal interface ISwarmTrustAnchor
{
    /// <summary>Whether a leaf certificate, in DER, and the name granted beside it belong to the swarm and are valid now.</summary>
    /// <param name="certificate">The leaf.</param>
    /// <param name="grant">The record's grant, if it has one.</param>
    /// <param name="reason">The end of the sentence "its certificate …".</param>
    bool TryValidatePeer(ReadOnlySpan<byte> certificate, NameGrant? grant, out string reason);
}
