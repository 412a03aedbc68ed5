using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>Who asked a peer for hashes (BEP 52) and waits for the reply. Called once a request, with no lock held.</summary>
internal interface IHashReply
{
    /// <summary>The hashes have come, as many as were asked for; nothing else about them is known yet. They are valid only during the call.</summary>
    void OnHashes(PeerSession session, in HashRequest request, ReadOnlySpan<byte> hashes);

    /// <summary>The peer refused, took too long, or is gone.</summary>
    void OnHashesRefused(PeerSession session, in HashRequest request);
}
