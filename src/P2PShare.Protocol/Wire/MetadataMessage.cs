using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Wire;

/// <summary>A message of the metadata extension (BEP 9), and of the attributes extension, which has the same messages: one piece of a blob asked for, given or refused.</summary>
public readonly ref struct MetadataMessage
{
    /// <summary>16 KiB: every piece but the last is exactly so long.</summary>
    public const int PieceSize = 16 * 1024;

    /// <summary>30 MiB: no larger blob is asked for or given.</summary>
    public const int MaxTotalSize = 30 * 1024 * 1024;

    private static readonly BencodeLimits Limits = new() { MaxDepth = 8, MaxTokens = 64 };

    private MetadataMessage(MetadataMessageType type, int piece, int totalSize, ReadOnlySpan<byte> data)
    {
        Type = type;
        Piece = piece;
        TotalSize = totalSize;
        Data = data;
    }

    public MetadataMessageType Type { get; }

    /// <summary>The piece's index; it exists in some blob of at most <see cref="MaxTotalSize"/>.</summary>
    public int Piece { get; }

    /// <summary>The blob's length in bytes; 0 unless this is <see cref="MetadataMessageType.Data"/>.</summary>
    public int TotalSize { get; }

    /// <summary>The piece, exactly as long as its index and the total size say; empty unless this is <see cref="MetadataMessageType.Data"/>.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>How many pieces a blob of that many bytes has.</summary>
    public static int PieceCount(int totalSize) => (int)(((long)totalSize + PieceSize - 1) / PieceSize);

    /// <summary>How many bytes a piece has; 0 if there is none of that index.</summary>
    public static int PieceLength(int totalSize, int piece) =>
        piece < 0 ? 0 : (int)Math.Clamp(totalSize - (long)piece * PieceSize, 0, PieceSize);

    public static MetadataMessage Request(int piece) => new(MetadataMessageType.Request, CheckedPiece(piece), 0, default);

    public static MetadataMessage Reject(int piece) => new(MetadataMessageType.Reject, CheckedPiece(piece), 0, default);

    /// <summary>The answer to a request, cut from the whole blob.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The blob has no such piece, or is longer than <see cref="MaxTotalSize"/>.</exception>
    public static MetadataMessage DataOf(ReadOnlySpan<byte> blob, int piece)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blob.Length, MaxTotalSize, nameof(blob));
        var length = PieceLength(blob.Length, piece);
        ArgumentOutOfRangeException.ThrowIfZero(length, nameof(piece));
        return new MetadataMessage(MetadataMessageType.Data, piece, blob.Length, blob.Slice(piece * PieceSize, length));
    }

    /// <summary>Reads the payload after the extended message's number; the data are a view of it.</summary>
    /// <returns>False for a type of message that is not known and is to be ignored (BEP 9).</returns>
    /// <exception cref="WireException">A malformed dictionary, no such piece, or data of another length.</exception>
    public static bool TryRead(ReadOnlySpan<byte> payload, out MetadataMessage message)
    {
        message = default;
        long type = -1, piece = -1, totalSize = 0;
        int end;
        try
        {
            var reader = new BencodeReader(payload, Limits);
            reader.ReadDictionaryStart();
            while (reader.TryReadKey(out var key))
            {
                if (key.SequenceEqual("msg_type"u8)) type = reader.ReadInteger();
                else if (key.SequenceEqual("piece"u8)) piece = reader.ReadInteger();
                else if (key.SequenceEqual("total_size"u8)) totalSize = reader.ReadInteger();
                else reader.Skip();
            }

            end = reader.Position;
        }
        catch (BencodeException fault)
        {
            throw new WireException(WireErrorKind.InvalidExtension, $"A metadata message is malformed: {fault.Message}", fault);
        }

        if (type is not (0 or 1 or 2)) return type < 0 ? throw Invalid("has no type") : false;
        if (piece < 0 || piece >= PieceCount(MaxTotalSize)) throw Invalid($"names piece {piece}");
        var data = payload[end..];
        if (type == (long)MetadataMessageType.Data)
        {
            if (totalSize is < 1 or > MaxTotalSize) throw Invalid($"says that there are {totalSize} bytes");
            if (data.Length != PieceLength((int)totalSize, (int)piece) || data.IsEmpty) throw Invalid($"brings {data.Length} bytes");
        }
        else
        {
            if (!data.IsEmpty) throw Invalid("brings bytes that it should not");
            totalSize = 0;
        }

        message = new MetadataMessage((MetadataMessageType)type, (int)piece, (int)totalSize, data);
        return true;
    }

    /// <summary>The payload after the extended message's number.</summary>
    public byte[] Encode()
    {
        var writer = new BencodeWriter(64);
        writer.WriteDictionaryStart();
        writer.WriteKey("msg_type"u8);
        writer.WriteInteger((long)Type);
        writer.WriteKey("piece"u8);
        writer.WriteInteger(Piece);
        if (Type == MetadataMessageType.Data)
        {
            writer.WriteKey("total_size"u8);
            writer.WriteInteger(TotalSize);
        }

        writer.WriteEnd();
        var payload = new byte[writer.Length + Data.Length];
        writer.WrittenSpan.CopyTo(payload);
        Data.CopyTo(payload.AsSpan(writer.Length));
        return payload;
    }

    private static int CheckedPiece(int piece)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(piece);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(piece, PieceCount(MaxTotalSize));
        return piece;
    }

    private static WireException Invalid(string what) => new(WireErrorKind.InvalidExtension, $"A metadata message {what}.");
}
