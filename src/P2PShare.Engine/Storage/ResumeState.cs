using P2PShare.Protocol;
using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>
/// What is remembered of an unfinished download: which pieces are certainly on the disk. On disk it is a bencoded
/// dictionary followed by its SHA-256; whatever does not agree with itself, or belongs to another share, is no state.
/// </summary>
/// <param name="Share">The share.</param>
/// <param name="Destination">The folder it is received into.</param>
/// <param name="Flushed">The pieces that were written, verified and flushed.</param>
/// <param name="IsClean">Whether nothing was written after this was saved.</param>
/// <param name="IsCompleting">Whether all is received and files may already be under their own names.</param>
/// <param name="Partials">After a clean stop: length and time of each partial file, by the file's index.</param>
internal sealed record ResumeState(
    InfoHash Share, string Destination, PieceSet Flushed, bool IsClean, bool IsCompleting, IReadOnlyDictionary<int, FileState> Partials)
{
    private const int Version = 1;

    public byte[] ToBytes()
    {
        var writer = new BencodeWriter(1024 + Flushed.Capacity / 8);
        writer.WriteDictionaryStart();
        writer.WriteKey("clean"u8);
        writer.WriteInteger(IsClean ? 1 : 0);
        writer.WriteKey("completing"u8);
        writer.WriteInteger(IsCompleting ? 1 : 0);
        writer.WriteKey("destination"u8);
        writer.WriteString(Destination);
        writer.WriteKey("flushed"u8);
        writer.WriteByteString(Flushed.ToBytes());
        writer.WriteKey("info hash"u8);
        writer.WriteByteString(Share.Value.ToArray());
        writer.WriteKey("partials"u8);
        writer.WriteListStart();
        foreach (var (index, state) in Partials)
        {
            writer.WriteInteger(index);
            writer.WriteInteger(state.Length);
            writer.WriteInteger(state.ModifiedNs);
        }

        writer.WriteEnd();
        writer.WriteKey("version"u8);
        writer.WriteInteger(Version);
        writer.WriteEnd();
        return [.. writer.WrittenSpan, .. Hash256.Of(writer.WrittenSpan).ToArray()];
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote for this share; null for anything else.</summary>
    public static ResumeState? Parse(ReadOnlySpan<byte> bytes, TorrentInfo info)
    {
        if (bytes.Length < Hash256.Size) return null;
        var body = bytes[..^Hash256.Size];
        if (Hash256.Of(body) != new Hash256(bytes[^Hash256.Size..])) return null;
        try
        {
            return ParseBody(body, info);
        }
        catch (BencodeException)
        {
            return null;
        }
    }

    private static ResumeState? ParseBody(ReadOnlySpan<byte> body, TorrentInfo info)
    {
        bool clean = false, completing = false;
        string? destination = null;
        PieceSet? flushed = null;
        var isSameShare = false;
        var partials = new Dictionary<int, FileState>();
        long version = 0;
        var reader = new BencodeReader(body);
        reader.ReadDictionaryStart();
        while (reader.TryReadKey(out var key))
        {
            if (key.SequenceEqual("clean"u8)) clean = reader.ReadInteger(0, 1) == 1;
            else if (key.SequenceEqual("completing"u8)) completing = reader.ReadInteger(0, 1) == 1;
            else if (key.SequenceEqual("destination"u8)) destination = reader.ReadString(int.MaxValue);
            else if (key.SequenceEqual("flushed"u8)) flushed = PieceSet.FromBytes(reader.ReadByteString(), info.PieceCount);
            else if (key.SequenceEqual("info hash"u8))
                isSameShare = new Hash256(reader.ReadByteString(Hash256.Size, Hash256.Size)) == info.InfoHash.Value;
            else if (key.SequenceEqual("partials"u8)) ReadPartials(ref reader, info, partials);
            else if (key.SequenceEqual("version"u8)) version = reader.ReadInteger();
            else reader.Skip();
        }

        reader.RequireEndOfInput();
        return version == Version && isSameShare && destination is not null && flushed is not null
            ? new ResumeState(info.InfoHash, destination, flushed, clean, completing, partials)
            : null;
    }

    private static void ReadPartials(ref BencodeReader reader, TorrentInfo info, Dictionary<int, FileState> partials)
    {
        reader.ReadListStart();
        while (!reader.TryReadEnd())
        {
            var index = (int)reader.ReadInteger(0, info.Files.Count - 1);
            partials[index] = new FileState(reader.ReadInteger(), reader.ReadInteger());
        }
    }
}
