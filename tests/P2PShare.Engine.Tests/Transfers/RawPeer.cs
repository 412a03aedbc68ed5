using P2PShare.Engine.Transport;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transfers;

/// <summary>The other end of a session, played by the test: it records what comes and sends what the test says.</summary>
internal sealed class RawPeer : IChannelHandler
{
    public IMessageChannel? Channel { get; private set; }

    public List<(MessageId Id, byte[] Payload)> Messages { get; } = [];

    public List<(int Piece, int Begin, byte[] Data)> Blocks { get; } = [];

    public string? Closed { get; private set; }

    /// <summary>Answers what comes, at the end of a batch.</summary>
    public Action<RawPeer, MessageId, byte[]>? OnReceived { get; set; }

    private byte[] _block = [];

    public void OnOpened(IMessageChannel channel) => Channel = channel;

    public void OnMessage(MessageId id, ReadOnlySpan<byte> payload)
    {
        var copy = payload.ToArray();
        Messages.Add((id, copy));
        OnReceived?.Invoke(this, id, copy);
    }

    public Memory<byte> OnBlockStarting(int piece, int begin, int length) => _block = new byte[length];

    public void OnBlockReceived(int piece, int begin, int length) => Blocks.Add((piece, begin, _block));

    public void OnBatchEnd()
    {
    }

    public bool ReadBlock(in BlockRequest request, Span<byte> destination) => false;

    public void OnBlockSent(in BlockRequest request)
    {
    }

    public void OnClosed(string reason) => Closed = reason;

    public void Send(MessageId id, params byte[] payload) => Channel!.Send([(byte)id, .. payload]);

    public void SendIndex(MessageId id, int piece)
    {
        Span<byte> message = stackalloc byte[PeerMessage.MaxFixedSize];
        Channel!.Send(message[FrameHeader.LengthPrefixSize..PeerMessage.WriteIndex(message, id, piece)]);
    }

    public void SendRequest(MessageId id, int piece, int begin, int length)
    {
        Span<byte> message = stackalloc byte[PeerMessage.MaxFixedSize];
        Channel!.Send(message[FrameHeader.LengthPrefixSize..PeerMessage.WriteBlockRequest(message, id, new BlockRequest(piece, begin, length))]);
    }

    public void SendPiece(int piece, int begin, ReadOnlySpan<byte> data)
    {
        var message = new byte[PieceHeader.Size + data.Length];
        new PieceHeader(piece, begin).Write(message);
        data.CopyTo(message.AsSpan(PieceHeader.Size));
        Channel!.Send(message);
    }

    public void SendHashRequest(HashRequest request)
    {
        Span<byte> message = stackalloc byte[PeerMessage.MaxFixedSize];
        Channel!.Send(message[FrameHeader.LengthPrefixSize..PeerMessage.WriteHashRequest(message, MessageId.HashRequest, request)]);
    }

    public IEnumerable<BlockRequest> Requests(MessageId id) =>
        Messages.Where(message => message.Id == id).Select(message => BlockRequest.Read(message.Payload));

    public int Count(MessageId id) => Messages.Count(message => message.Id == id);
}
