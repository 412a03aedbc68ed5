using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transport;

/// <summary>
/// One share's session with one peer, as seen by who sends: a channel on a link, or a whole foreign connection.
/// All members may be called from any thread and never block: they queue, and the link's writer sends.
/// </summary>
public interface IMessageChannel
{
    /// <summary>The peer at the other end; null for a foreign client, which has no identity.</summary>
    PeerId? RemoteId { get; }

    /// <summary>How the other end is called in events and messages: its name, else its address.</summary>
    string RemoteName { get; }

    /// <summary>Whether this is a foreign BitTorrent client (its extensions and behaviour are its own; requests are aligned 16 KiB blocks).</summary>
    bool IsForeign { get; }

    /// <summary>
    /// Queues a message other than a piece. <paramref name="message"/> is the id byte and the payload, without the
    /// length prefix; it is copied before the call returns. Ignored when the channel is closed.
    /// </summary>
    void Send(ReadOnlySpan<byte> message);

    /// <summary>Queues the answer to a request: the block is read through <see cref="IChannelHandler.ReadBlock"/> when the writer is ready for it.</summary>
    /// <returns>False when the queue of answers is full (the caller rejects the request) or the channel is closed.</returns>
    bool QueueBlock(in BlockRequest request);

    /// <summary>Takes back a queued answer.</summary>
    /// <returns>True when it was still queued, so the caller owes a reject (BEP 6).</returns>
    bool CancelBlock(in BlockRequest request);

    /// <summary>Drops all queued answers into <paramref name="dropped"/> (choke: each is owed a reject under BEP 6).</summary>
    void CancelAllBlocks(ICollection<BlockRequest> dropped);

    /// <summary>Smoothed round-trip time of the link; zero while unknown.</summary>
    TimeSpan RoundTripTime { get; }

    /// <summary>Closes the channel (the link stays, unless it is a foreign connection). <see cref="IChannelHandler.OnClosed"/> follows once.</summary>
    void Close(string reason);
}
