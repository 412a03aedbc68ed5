using P2PShare.Protocol;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>
/// This part: what comes with the opening of a channel unasked. Of a small share that is all but the pieces, so that
/// they are asked for in the second round trip.
/// </summary>
internal sealed partial class PeerSession
{
    /// <summary>The longest blob that is sent unasked, in bytes.</summary>
    public const int MaxUnaskedBlob = 4 * MetadataMessage.PieceSize;

    /// <summary>The most hash messages that are sent unasked.</summary>
    public const int MaxUnaskedHashes = 16;

    // Of a share with so many hashes nobody waits for a round trip.
    private const int MaxUnaskedHashBytes = 64 * 1024;

    private ChannelExtras _wished;
    private ChannelExtras _follows;
    private ChannelExtras _promised;
    private Dictionary<HashRequest, byte[]>? _earlyHashes;
    private int _earlyBytes;

    public ChannelExtras Wish()
    {
        lock (Gate) return _wished = _transfer.TakeWish(this);
    }

    public void OnPromised(ChannelExtras follows)
    {
        lock (Gate)
        {
            _follows = follows & _wished;
            _sentInterest = (_follows & ChannelExtras.Interest) != 0;
        }
    }

    public ChannelExtras Promise(ChannelExtras wish)
    {
        var possible = ChannelExtras.Interest;
        if (_transfer.Info is { RawInfo.Length: > 0 and <= MaxUnaskedBlob }) possible |= ChannelExtras.Info;
        if (_transfer.AttributesBlob is { Length: > 0 and <= MaxUnaskedBlob }) possible |= ChannelExtras.Attributes;
        if ((wish & ChannelExtras.PieceLayers) != 0 && LayerChunks() is { Count: > 0 }) possible |= ChannelExtras.PieceLayers;
        return _promised = wish & possible;
    }

    private static ChannelExtras BitOf(bool attributes) => attributes ? ChannelExtras.Attributes : ChannelExtras.Info;

    /// <summary>Sends what was promised with the answer to the opening.</summary>
    private void KeepPromise()
    {
        if (_promised == ChannelExtras.None) return;
        if ((_promised & ChannelExtras.Interest) != 0) OnInterested(true);
        if ((_promised & ChannelExtras.Info) != 0) SendUnasked(MetadataNumber, _transfer.Info!.RawInfo.Span);
        if ((_promised & ChannelExtras.Attributes) != 0) SendUnasked(AttributesNumber, _transfer.AttributesBlob!.Value.Span);
        if ((_promised & ChannelExtras.PieceLayers) == 0 || LayerChunks() is not { } chunks) return;
        foreach (var (file, range) in chunks)
        {
            var hashes = new byte[range.HashCount * Hash256.Size];
            var request = new HashRequest(file.PiecesRoot, range.BaseLayer, range.Index, range.Length, range.ProofLayers);
            if (_transfer.Layers!.TryGetHashes(file, range, default, hashes)) SendHashes(request, hashes);
        }
    }

    // The opener's numbers are not known yet: they are those that who wishes for this must announce.
    private void SendUnasked(byte number, ReadOnlySpan<byte> blob)
    {
        for (var piece = 0; piece < MetadataMessage.PieceCount(blob.Length); piece++)
            SendExtended(number, MetadataMessage.DataOf(blob, piece).Encode());
    }

    /// <summary>The piece layers of all files in messages, as <see cref="LayerFetch"/> would ask for them; null when there are none, or too many.</summary>
    private List<(TorrentFile File, HashRange Range)>? LayerChunks()
    {
        if (_transfer is not { Layers: not null, Info: { } info }) return null;
        List<(TorrentFile, HashRange)>? chunks = null;
        HashSet<Hash256>? roots = null;
        var bytes = 0;
        foreach (var file in info.Files)
        {
            if (!file.HasPieceLayer || !(roots ??= []).Add(file.PiecesRoot)) continue;
            for (var chunk = 0; chunk < HashRange.PieceLayerChunkCount(file.Shape); chunk++)
            {
                var range = HashRange.PieceLayerChunk(file.Shape, chunk);
                (chunks ??= []).Add((file, range));
                bytes += range.HashCount * Hash256.Size;
                if (chunks.Count > MaxUnaskedHashes || bytes > MaxUnaskedHashBytes) return null;
            }
        }

        return chunks;
    }

    /// <summary>Whether a piece of a blob need not be asked for. The promise is good for one time.</summary>
    private bool ComesUnasked(bool attributes, int piece)
    {
        var bit = BitOf(attributes);
        if ((_follows & bit) == 0 || OfferedSize(attributes) is not (> 0 and <= MaxUnaskedBlob and var size)) return false;
        if (piece == MetadataMessage.PieceCount(size) - 1) CrossOff(bit);
        return true;
    }

    private void CrossOff(ChannelExtras what)
    {
        lock (Gate) _follows &= ~what;
    }

    /// <summary>Piece hashes may be here before what they belong to has been read.</summary>
    private bool KeepEarly(HashesMessage message)
    {
        lock (Gate)
        {
            if (_closed || (_follows & ChannelExtras.PieceLayers) == 0 || _hashRequests.ContainsKey(message.Request)) return false;
            _earlyHashes ??= [];
            _earlyBytes += message.Hashes.Length;
            if (_earlyHashes.Count >= MaxUnaskedHashes || _earlyBytes > MaxUnaskedHashBytes || !_earlyHashes.TryAdd(message.Request, message.Hashes.ToArray()))
                throw new ProtocolException("More hashes came than were to follow.");
            return true;
        }
    }
}
