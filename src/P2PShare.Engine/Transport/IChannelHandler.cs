using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transport;

/// <summary>
/// One share's session with one peer, as seen by who receives. The On… members are called one at a time by the link's
/// reader and must not block or wait; <see cref="ReadBlock"/> is called by the link's writer.
/// A <see cref="Protocol.ProtocolException"/> thrown from an On… member closes the channel (a foreign connection: the connection) with its message.
/// </summary>
public interface IChannelHandler
{
    /// <summary>The channel is about to be asked for: what shall follow the other side's answer without being asked for. Called before any other member.</summary>
    ChannelExtras Wish() => ChannelExtras.None;

    /// <summary>The channel was asked for: what of the opener's wishes will be sent, by <see cref="OnOpened"/>, right behind the answer.</summary>
    ChannelExtras Promise(ChannelExtras wish) => ChannelExtras.None;

    /// <summary>The other side has opened the channel, and says that this follows; <see cref="OnOpened"/> is called next.</summary>
    void OnPromised(ChannelExtras follows)
    {
    }

    /// <summary>The channel is open both ways; called once, before any of the members below.</summary>
    void OnOpened(IMessageChannel channel);

    /// <summary>A message other than a piece; <paramref name="payload"/> is valid only during the call.</summary>
    void OnMessage(MessageId id, ReadOnlySpan<byte> payload);

    /// <summary>
    /// A piece message begins. Returns where its block's bytes are to be read to, exactly <paramref name="length"/> bytes,
    /// or an empty memory to have them read and thrown away (unsolicited, cancelled).
    /// The memory stays the reader's until <see cref="OnBlockReceived"/> or <see cref="OnClosed"/>.
    /// </summary>
    Memory<byte> OnBlockStarting(int piece, int begin, int length);

    /// <summary>The block announced by the last <see cref="OnBlockStarting"/> has been read in full.</summary>
    void OnBlockReceived(int piece, int begin, int length);

    /// <summary>
    /// The reader has handled all that had arrived: the moment to send what the messages since the last call made due
    /// (new requests, haves), many in one go.
    /// </summary>
    void OnBatchEnd();

    /// <summary>Fills <paramref name="destination"/> with a block queued by <see cref="IMessageChannel.QueueBlock"/>.</summary>
    /// <returns>False when it cannot be read (the file changed or is gone): the writer sends a reject in its place.</returns>
    bool ReadBlock(in BlockRequest request, Span<byte> destination);

    /// <summary>A block queued by <see cref="IMessageChannel.QueueBlock"/> was handed to the socket; may still be told after <see cref="OnClosed"/>.</summary>
    void OnBlockSent(in BlockRequest request);

    /// <summary>The channel has ended; called once, and nothing but <see cref="OnBlockSent"/> after it.</summary>
    void OnClosed(string reason);
}
