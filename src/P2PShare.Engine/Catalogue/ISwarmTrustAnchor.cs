using System.Security.Cryptography;

namespace P2PShare.Engine.Catalogue;

/// <summary>What must be believed to believe anything: the swarm's root and the chains below it.</summary>
internal interface ISwarmTrustAnchor
{
    /// <summary>Whether a leaf certificate, in DER, belongs to the swarm and is valid now.</summary>
    bool TryValidateLeaf(ReadOnlySpan<byte> certificate, out string reason);

    /// <summary>The root's public key, for the caller to dispose.</summary>
    ECDsa OpenRootPublicKey();
}
