using P2PShare.Protocol;
using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>This part: the extension protocol (BEP 10), by which info dictionary and attributes come (BEP 9).</summary>
internal sealed partial class PeerSession
{
    private const byte HandshakeNumber = 0;
    private const byte MetadataNumber = 1;
    private const byte AttributesNumber = 2;

    private byte _remoteMetadataNumber;
    private byte _remoteAttributesNumber;
    private int? _remoteMetadataSize;
    private int? _remoteAttributesSize;

    /// <summary>The length of the blob the peer offers; null when it offers none.</summary>
    public int? OfferedSize(bool attributes) => attributes
        ? _remoteAttributesNumber == 0 ? null : _remoteAttributesSize
        : _remoteMetadataNumber == 0 ? null : _remoteMetadataSize;

    /// <summary>Asks for a piece of the info dictionary or of the attributes blob.</summary>
    public void RequestBlobPiece(bool attributes, int piece)
    {
        var number = attributes ? _remoteAttributesNumber : _remoteMetadataNumber;
        if (number != 0 && !ComesUnasked(attributes, piece)) SendExtended(number, MetadataMessage.Request(piece).Encode());
    }

    /// <summary>Tells the peer of blobs that have become known since the first handshake (BEP 10: handshakes add up).</summary>
    public void SendExtensionHandshake()
    {
        var info = _transfer.Info;
        var attributes = _transfer.AttributesBlob;
        var writer = new BencodeWriter(128);
        new ExtensionHandshake
        {
            Extensions = new Dictionary<string, byte>
            {
                [ExtensionNames.Metadata] = MetadataNumber,
                [ExtensionNames.Attributes] = AttributesNumber,
            },
            MetadataSize = info is { RawInfo.Length: > 0 and <= MetadataMessage.MaxTotalSize } ? info.RawInfo.Length : null,
            AttributesSize = attributes is { Length: > 0 and <= MetadataMessage.MaxTotalSize } blob ? blob.Length : null,
            RequestQueue = RequestQueue,
            Client = IsForeign ? TransferManager.ClientName : null,
        }.Write(writer);
        SendExtended(HandshakeNumber, writer.WrittenSpan);
    }

    private void OnExtended(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty) throw new ProtocolException("An extended message without a number (BEP 10).");
        var body = payload[1..];
        switch (payload[0])
        {
            case HandshakeNumber:
                OnExtensionHandshake(ExtensionHandshake.Parse(body));
                break;
            case MetadataNumber:
                OnBlobMessage(attributes: false, body);
                break;
            case AttributesNumber:
                OnBlobMessage(attributes: true, body);
                break;
            default:
                break;
        }
    }

    private void OnExtensionHandshake(ExtensionHandshake handshake)
    {
        lock (Gate)
        {
            if (handshake.Extensions.TryGetValue(ExtensionNames.Metadata, out var metadata)) _remoteMetadataNumber = metadata;
            if (handshake.Extensions.TryGetValue(ExtensionNames.Attributes, out var attributes)) _remoteAttributesNumber = attributes;
            // A size that changes is not believed: the first stays, and data of another length end the attempt.
            _remoteMetadataSize ??= handshake.MetadataSize;
            _remoteAttributesSize ??= handshake.AttributesSize;
            if (handshake.RequestQueue is { } queue) Download.Pipeline.LimitTo(queue);
        }

        _transfer.OnBlobsOffered(this);
    }

    private void OnBlobMessage(bool attributes, ReadOnlySpan<byte> body)
    {
        if (!MetadataMessage.TryRead(body, out var message)) return;
        if (message.Type != MetadataMessageType.Request)
        {
            _transfer.OnBlobMessage(this, attributes, message);
            // Had it been waited for, it would have been crossed off by now: nobody has a use for it any more.
            if (message.Type == MetadataMessageType.Data) CrossOff(BitOf(attributes));
            return;
        }

        var number = attributes ? _remoteAttributesNumber : _remoteMetadataNumber;
        if (number == 0) return;
        // Only what was verified, or is our own, is given.
        var blob = attributes ? _transfer.AttributesBlob : _transfer.Info?.RawInfo;
        var answer = blob is { } bytes && message.Piece < MetadataMessage.PieceCount(bytes.Length) && bytes.Length <= MetadataMessage.MaxTotalSize
            ? MetadataMessage.DataOf(bytes.Span, message.Piece)
            : MetadataMessage.Reject(message.Piece);
        SendExtended(number, answer.Encode());
    }

    private void SendExtended(byte number, ReadOnlySpan<byte> payload)
    {
        var message = new byte[PeerMessage.MaxFixedSize + payload.Length];
        SendFramed(message.AsSpan(0, PeerMessage.WriteExtended(message, number, payload)));
    }
}
