using P2PShare.Engine.Storage;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Transfers;

/// <summary>A share with its content in memory.</summary>
internal sealed class TestShare
{
    private readonly byte[][] _files;

    private TestShare(TorrentInfo info, PieceLayers layers, byte[][] files, ShareAttributes? attributes)
    {
        Info = info;
        Layers = layers;
        _files = files;
        Attributes = attributes;
    }

    public TorrentInfo Info { get; }

    public PieceLayers Layers { get; }

    public ShareAttributes? Attributes { get; }

    public static TestShare Make(int seed, int pieceLength, params int[] fileLengths) => Make(seed, pieceLength, false, fileLengths);

    public static TestShare Make(int seed, int pieceLength, bool withAttributes, params int[] fileLengths)
    {
        var random = new Random(seed);
        var builder = new TorrentInfoBuilder($"share{seed}", pieceLength);
        var contents = new Dictionary<string, byte[]>();
        var layers = new Dictionary<Hash256, ReadOnlyMemory<byte>>();
        for (var i = 0; i < fileLengths.Length; i++)
        {
            var content = new byte[fileLengths[i]];
            random.NextBytes(content);
            var name = $"file{i:000000}";
            contents.Add(name, content);
            var root = default(Hash256);
            if (content.Length > 0)
            {
                var shape = new MerkleShape(content.Length, pieceLength);
                root = MerkleTree.RootOfData(content, shape.RootLevel);
                if (shape.HasPieceLayer)
                {
                    var layer = new byte[(int)shape.PieceCount * Hash256.Size];
                    for (var piece = 0; piece < shape.PieceCount; piece++)
                    {
                        var data = content.AsSpan(piece * pieceLength, Math.Min(pieceLength, content.Length - piece * pieceLength));
                        MerkleTree.RootOfData(data, shape.PieceLevel).CopyTo(layer.AsSpan(piece * Hash256.Size));
                    }

                    layers[root] = layer;
                }
            }

            builder.AddFile([name], content.Length, root);
        }

        var info = builder.Build();
        var files = info.Files.Select(file => contents[file.Name]).ToArray();
        var attributes = withAttributes
            ? ShareAttributes.Build(info.Files.Select((_, i) => new EntryAttributes(1_700_000_000_000_000_000L + i, null)), [])
            : null;
        return new TestShare(info, PieceLayers.Create(info, layers), files, attributes);
    }

    public ReadOnlySpan<byte> Piece(int piece)
    {
        var location = Info.Locate(piece);
        return _files[location.File.Index].AsSpan((int)location.Offset, location.Length);
    }

    public ReadOnlySpan<byte> File(int index) => _files[index];

    /// <summary>A storage that holds all of it, or the pieces given.</summary>
    public MemoryStorage FullStorage(Func<int, bool>? pieces = null)
    {
        var storage = new MemoryStorage(Info);
        for (var piece = 0; piece < Info.PieceCount; piece++)
        {
            if (pieces?.Invoke(piece) != false) storage.WritePiece(piece, Piece(piece));
        }

        return storage;
    }
}

/// <summary>An <see cref="IShareStorage"/> in memory, with faults to order.</summary>
internal sealed class MemoryStorage(TorrentInfo info) : IShareStorage
{
    private readonly byte[]?[] _pieces = new byte[info.PieceCount][];
    private readonly Lock _gate = new();

    public TorrentInfo Info { get; } = info;

    public int PiecesHeld { get; private set; }

    public long BytesHeld { get; private set; }

    public bool Completed { get; private set; }

    public bool Abandoned { get; private set; }

    public bool Disposed { get; private set; }

    public ShareAttributes? Attributes { get; private set; }

    public int Writes { get; private set; }

    /// <summary>Called before a piece is written; may throw.</summary>
    public Action<int>? BeforeWrite { get; set; }

    /// <summary>Called with what is about to be served; may change it or throw.</summary>
    public BlockFilter? OnRead { get; set; }

    public delegate void BlockFilter(int piece, int begin, Span<byte> data);

    public bool HasPiece(int piece)
    {
        lock (_gate) return _pieces[piece] is not null;
    }

    public void ReadBlock(int piece, int begin, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(Disposed, this);
        byte[] data;
        lock (_gate) data = _pieces[piece] ?? throw new InvalidOperationException($"Piece {piece} is not here.");
        data.AsSpan(begin, destination.Length).CopyTo(destination);
        OnRead?.Invoke(piece, begin, destination);
    }

    public void WritePiece(int piece, ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(Disposed, this);
        BeforeWrite?.Invoke(piece);
        lock (_gate)
        {
            Writes++;
            Assert.Equal(Info.PieceSize(piece), data.Length);
            if (_pieces[piece] is null)
            {
                PiecesHeld++;
                BytesHeld += data.Length;
            }

            _pieces[piece] = data.ToArray();
        }
    }

    public void DropPiece(int piece)
    {
        lock (_gate)
        {
            if (_pieces[piece] is not { } data) return;
            _pieces[piece] = null;
            PiecesHeld--;
            BytesHeld -= data.Length;
        }
    }

    public Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task CompleteAsync(ShareAttributes? attributes, CancellationToken cancellationToken)
    {
        Attributes = attributes;
        Completed = true;
        return Task.CompletedTask;
    }

    public Task AbandonAsync(bool keepPartial, CancellationToken cancellationToken)
    {
        Abandoned = true;
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        return ValueTask.CompletedTask;
    }

    public void AssertHolds(TestShare share, Func<int, bool>? pieces = null)
    {
        for (var piece = 0; piece < Info.PieceCount; piece++)
        {
            if (pieces?.Invoke(piece) == false) Assert.Null(_pieces[piece]);
            else Assert.True(share.Piece(piece).SequenceEqual(_pieces[piece]), $"piece {piece} differs");
        }
    }
}
