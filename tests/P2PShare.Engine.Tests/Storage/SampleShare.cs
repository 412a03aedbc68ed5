using P2PShare.Engine.Storage;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Storage;

/// <summary>A share made of bytes in memory, as a receiver knows it, and the bytes themselves.</summary>
internal sealed class SampleShare
{
    private readonly Dictionary<string, byte[]> _contents;

    public SampleShare(string name, params (string Path, byte[] Content)[] files)
        : this(name, null, files)
    {
    }

    public SampleShare(string name, int? pieceLength, params (string Path, byte[] Content)[] files)
    {
        _contents = files.ToDictionary(file => file.Path, file => file.Content);
        var length = pieceLength ?? PieceLength.ForSize(files.Sum(file => (long)file.Content.Length));
        var builder = new TorrentInfoBuilder(name, length);
        var layers = new Dictionary<Hash256, ReadOnlyMemory<byte>>();
        foreach (var (path, content) in files)
        {
            if (content.Length == 0)
            {
                builder.AddFile(path.Split('/'), 0, default);
                continue;
            }

            var shape = new MerkleShape(content.Length, length);
            byte[] layer = [.. content.Chunk(length).SelectMany(piece => MerkleTree.RootOfData(piece, shape.PieceRootLevel).ToArray())];
            var root = shape.HasPieceLayer ? MerkleTree.Root(layer, shape.PieceLevel, shape.RootLevel) : new Hash256(layer);
            if (shape.HasPieceLayer) layers[root] = layer;
            builder.AddFile(path.Split('/'), content.Length, root);
        }

        Info = builder.Build();
        Layers = PieceLayers.Create(Info, layers);
    }

    public TorrentInfo Info { get; }

    public PieceLayers Layers { get; }

    public byte[] Content(int file) => _contents[Info.Files[file].ToString()];

    public byte[] Piece(int piece)
    {
        var location = Info.Locate(piece);
        return _contents[location.File.ToString()].AsSpan((int)location.Offset, location.Length).ToArray();
    }

    /// <summary>Attributes with a time and a mode for each file and the given folders.</summary>
    public ShareAttributes Attributes(int? mode, params string[] folders) => ShareAttributes.Build(
        Info.Files.Select((_, i) => new EntryAttributes(1_600_000_000_123_456_789 + i, mode)),
        folders.Select((folder, i) => new DirectoryAttributes(
            folder.Length == 0 ? [] : folder.Split('/'), new EntryAttributes(1_500_000_000_987_654_321 + i, mode is null ? null : 0b111_101_101))));

    public void WriteAll(PartialStorage storage)
    {
        for (var piece = 0; piece < Info.PieceCount; piece++)
            if (!storage.HasPiece(piece) && storage.IsWanted(Info.Locate(piece).File.Index)) storage.WritePiece(piece, Piece(piece));
    }

    /// <summary>The pieces a storage says it holds; each is read and compared.</summary>
    public List<int> CheckHeld(IShareStorage storage)
    {
        var held = new List<int>();
        for (var piece = 0; piece < Info.PieceCount; piece++)
        {
            if (!storage.HasPiece(piece)) continue;
            var data = new byte[Info.PieceSize(piece)];
            storage.ReadBlock(piece, 0, data);
            Assert.True(data.AsSpan().SequenceEqual(Piece(piece)), $"piece {piece} is claimed and differs");
            held.Add(piece);
        }

        Assert.Equal(held.Count, storage.PiecesHeld);
        Assert.Equal(held.Sum(piece => (long)Info.PieceSize(piece)), storage.BytesHeld);
        return held;
    }
}
