using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transport;

/// <summary>What a <see cref="MessagePump"/> hands the messages it reads to. Called by the reader alone, one call at a time.</summary>
internal interface IFrameSink
{
    /// <summary>A message on channel 0, or any on a foreign connection that is no piece: <paramref name="id"/> is the membership message's type or the BEP 3 id.</summary>
    void OnMessage(uint channel, byte id, ReadOnlySpan<byte> payload);

    /// <summary>A piece message begins: where to read its block to; empty to throw it away.</summary>
    Memory<byte> OnBlockStarting(uint channel, in PieceHeader header, int length);

    /// <summary>The block has been read in full.</summary>
    void OnBlockReceived(uint channel, in PieceHeader header, int length);

    /// <summary>All that had arrived has been handled.</summary>
    void OnBatchEnd();
}
