using System.Text;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Metainfo;

/// <summary>A .torrent file (BEP 3, BEP 52): the info dictionary and what stands around it, which is not part of the info-hash.</summary>
public sealed class TorrentMetainfo
{
    /// <param name="info">The info dictionary.</param>
    /// <param name="pieceLayers">Null when they are to be fetched from peers.</param>
    public TorrentMetainfo(TorrentInfo info, PieceLayers? pieceLayers)
    {
        Info = info;
        PieceLayers = pieceLayers;
    }

    public TorrentInfo Info { get; }

    /// <summary>The verified piece layers; null when the file has none and needs some.</summary>
    public PieceLayers? PieceLayers { get; }

    /// <summary>The tracker's address, if any, as it stands in the file.</summary>
    public string? Announce { get; init; }

    /// <summary>Tiers of trackers (BEP 12).</summary>
    public IReadOnlyList<IReadOnlyList<string>> AnnounceList { get; init; } = [];

    public string? Comment { get; init; }

    public string? CreatedBy { get; init; }

    /// <summary>In seconds since the Unix epoch.</summary>
    public long? CreationDate { get; init; }

    /// <summary>Reads a .torrent file. Keys nobody here needs may have any type; unknown ones are dropped.</summary>
    /// <exception cref="MetainfoException">Not a v2 or hybrid .torrent file within <paramref name="limits"/>, or its piece layers are wrong.</exception>
    public static TorrentMetainfo Parse(ReadOnlyMemory<byte> torrent, MetainfoLimits? limits = null)
    {
        limits ??= MetainfoLimits.Default;
        if (torrent.Length > limits.MaxTorrentBytes)
        {
            throw new MetainfoException(
                MetainfoErrorKind.TooLarge,
                $"The .torrent file has {torrent.Length} bytes; {limits.MaxTorrentBytes} are allowed.");
        }

        try
        {
            return ParseDictionary(torrent, limits);
        }
        catch (BencodeException fault)
        {
            throw MetainfoException.From(fault);
        }
    }

    /// <summary>The .torrent file; the info dictionary goes in byte for byte.</summary>
    public byte[] ToBytes()
    {
        var writer = new BencodeWriter(Info.RawInfo.Length + 1024);
        writer.WriteDictionaryStart();
        WriteText(writer, "announce"u8, Announce);
        if (AnnounceList.Count > 0)
        {
            writer.WriteKey("announce-list"u8);
            writer.WriteListStart();
            foreach (var tier in AnnounceList)
            {
                writer.WriteListStart();
                foreach (var tracker in tier) writer.WriteString(tracker);
                writer.WriteEnd();
            }

            writer.WriteEnd();
        }

        WriteText(writer, "comment"u8, Comment);
        WriteText(writer, "created by"u8, CreatedBy);
        if (CreationDate is { } date)
        {
            writer.WriteKey("creation date"u8);
            writer.WriteInteger(date);
        }

        writer.WriteKey("info"u8);
        writer.WriteRawValue(Info.RawInfo.Span);
        if (PieceLayers is not null) WritePieceLayers(writer, PieceLayers);
        writer.WriteEnd();
        return writer.ToArray();
    }

    private static TorrentMetainfo ParseDictionary(ReadOnlyMemory<byte> torrent, MetainfoLimits limits)
    {
        string? announce = null, comment = null, createdBy = null;
        long? creationDate = null;
        IReadOnlyList<IReadOnlyList<string>> announceList = [];
        ReadOnlyMemory<byte> rawInfo = default;
        Dictionary<Hash256, ReadOnlyMemory<byte>>? layers = null;

        var reader = new BencodeReader(torrent.Span, limits.Bencode);
        reader.ReadDictionaryStart();
        while (reader.TryReadKey(out var key))
        {
            var type = reader.PeekType();
            if (key.SequenceEqual("info"u8))
            {
                var start = reader.Position;
                reader.Skip();
                rawInfo = torrent[start..reader.Position];
            }
            else if (key.SequenceEqual("piece layers"u8))
            {
                layers = ReadPieceLayers(ref reader, torrent);
            }
            else if (key.SequenceEqual("announce-list"u8) && type == BencodeTokenType.List)
            {
                announceList = ReadTiers(ref reader);
            }
            else if (key.SequenceEqual("creation date"u8) && type == BencodeTokenType.Integer)
            {
                creationDate = reader.ReadInteger();
            }
            else if (type == BencodeTokenType.ByteString)
            {
                var text = reader.ReadByteString();
                if (key.SequenceEqual("announce"u8)) announce = Encoding.UTF8.GetString(text);
                else if (key.SequenceEqual("comment"u8)) comment = Encoding.UTF8.GetString(text);
                else if (key.SequenceEqual("created by"u8)) createdBy = Encoding.UTF8.GetString(text);
            }
            else
            {
                reader.Skip();
            }
        }

        reader.RequireEndOfInput();
        if (rawInfo.IsEmpty) throw new MetainfoException(MetainfoErrorKind.MissingInfo, "The file has no info dictionary.");
        var info = TorrentInfo.Parse(rawInfo, limits);
        return new TorrentMetainfo(info, CreateLayers(info, layers))
        {
            Announce = announce,
            AnnounceList = announceList,
            Comment = comment,
            CreatedBy = createdBy,
            CreationDate = creationDate,
        };
    }

    private static PieceLayers? CreateLayers(TorrentInfo info, Dictionary<Hash256, ReadOnlyMemory<byte>>? layers)
    {
        if (layers is not null) return PieceLayers.Create(info, layers);
        return PieceLayers.AreImpliedBy(info) ? PieceLayers.Create(info) : null;
    }

    private static Dictionary<Hash256, ReadOnlyMemory<byte>> ReadPieceLayers(ref BencodeReader reader, ReadOnlyMemory<byte> torrent)
    {
        var layers = new Dictionary<Hash256, ReadOnlyMemory<byte>>();
        reader.ReadDictionaryStart();
        while (reader.TryReadKey(out var key))
        {
            var root = key.Length == Hash256.Size
                ? new Hash256(key)
                : throw new MetainfoException(MetainfoErrorKind.InvalidPiecesRoot, "A key of the piece layers is not 32 bytes long.");
            var length = reader.ReadByteString().Length;
            layers.Add(root, torrent.Slice(reader.Position - length, length));
        }

        return layers;
    }

    private static List<IReadOnlyList<string>> ReadTiers(ref BencodeReader reader)
    {
        var tiers = new List<IReadOnlyList<string>>();
        reader.ReadListStart();
        while (!reader.TryReadEnd())
        {
            if (reader.PeekType() != BencodeTokenType.List)
            {
                reader.Skip();
                continue;
            }

            var tier = new List<string>();
            reader.ReadListStart();
            while (!reader.TryReadEnd())
            {
                if (reader.PeekType() == BencodeTokenType.ByteString) tier.Add(Encoding.UTF8.GetString(reader.ReadByteString()));
                else reader.Skip();
            }

            tiers.Add(tier);
        }

        return tiers;
    }

    private void WritePieceLayers(BencodeWriter writer, PieceLayers pieceLayers)
    {
        writer.WriteKey("piece layers"u8);
        writer.WriteDictionaryStart();
        // Files of equal content share one layer.
        foreach (var file in Info.Files.Where(file => file.HasPieceLayer).DistinctBy(file => file.PiecesRoot).OrderBy(file => file.PiecesRoot))
        {
            writer.WriteKey(file.PiecesRoot.ToArray());
            writer.WriteByteString(pieceLayers.HashesOf(file).Span);
        }

        writer.WriteEnd();
    }

    private static void WriteText(BencodeWriter writer, ReadOnlySpan<byte> key, string? text)
    {
        if (text is null) return;
        writer.WriteKey(key);
        writer.WriteString(text);
    }
}
