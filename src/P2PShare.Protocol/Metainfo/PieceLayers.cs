namespace P2PShare.Protocol.Metainfo;

/// <summary>
/// The hash of every piece of a torrent, verified against the files' roots (BEP 52). A file of one piece contributes its
/// root, a larger one its piece layer, which lives outside the info dictionary.
/// </summary>
public sealed class PieceLayers
{
    // Answering a hash request needs nodes high up in the tree. One node in this many levels is kept, which costs 1/64 of
    // the layers' size and leaves at most 64 hashes, or 1/64 of the layer, to compute again.
    private const int SummaryLevels = 6;

    private readonly TorrentInfo _info;
    private readonly byte[] _hashes;
    private readonly Dictionary<int, byte[]> _summaries;

    private PieceLayers(TorrentInfo info, byte[] hashes, Dictionary<int, byte[]> summaries)
    {
        _info = info;
        _hashes = hashes;
        _summaries = summaries;
    }

    /// <summary>Whether all pieces' hashes follow from the info dictionary alone, so that no layers are needed.</summary>
    public static bool AreImpliedBy(TorrentInfo info) => !info.Files.Any(file => file.HasPieceLayer);

    /// <summary>Takes over the layers of all files that have one, found by the file's root, and verifies each; other layers are ignored.</summary>
    /// <exception cref="MetainfoException">A layer is missing, has another number of hashes than the file has pieces, or does not hash to the root.</exception>
    public static PieceLayers Create(TorrentInfo info, IReadOnlyDictionary<Hash256, ReadOnlyMemory<byte>> layersByRoot)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(layersByRoot);
        foreach (var file in info.Files.Where(file => file.HasPieceLayer))
        {
            if (!layersByRoot.TryGetValue(file.PiecesRoot, out var layer))
                throw new MetainfoException(MetainfoErrorKind.MissingPieceLayer, $"'{file}' has no piece layer.");
            if (layer.Length != (long)file.PieceCount * Hash256.Size)
            {
                throw new MetainfoException(
                    MetainfoErrorKind.InvalidPieceLayerLength,
                    $"The piece layer of '{file}' has {layer.Length} bytes, not {file.PieceCount} hashes.");
            }
        }

        var hashes = new byte[checked(info.PieceCount * Hash256.Size)];
        var summaries = new Dictionary<int, byte[]>();
        foreach (var file in info.Files.Where(file => file.PieceCount > 0))
        {
            var destination = hashes.AsSpan(file.FirstPiece * Hash256.Size, file.PieceCount * Hash256.Size);
            if (!file.HasPieceLayer)
            {
                file.PiecesRoot.CopyTo(destination);
                continue;
            }

            layersByRoot[file.PiecesRoot].Span.CopyTo(destination);
            if (!TryVerify(file, destination, out var summary))
                throw new MetainfoException(MetainfoErrorKind.PieceLayerMismatch, $"The piece layer of '{file}' does not hash to its root.");
            if (summary is not null) summaries.Add(file.Index, summary);
        }

        return new PieceLayers(info, hashes, summaries);
    }

    /// <summary>The layers of a torrent that needs none (<see cref="AreImpliedBy"/>).</summary>
    /// <exception cref="MetainfoException">A file is larger than a piece.</exception>
    public static PieceLayers Create(TorrentInfo info) => Create(info, new Dictionary<Hash256, ReadOnlyMemory<byte>>());

    /// <summary>Whether <paramref name="layer"/> is the piece layer of <paramref name="file"/>.</summary>
    public static bool IsLayerOf(TorrentFile file, ReadOnlySpan<byte> layer) =>
        file.HasPieceLayer && layer.Length == (long)file.PieceCount * Hash256.Size && TryVerify(file, layer, out _);

    /// <summary>The hash of a piece: what <see cref="MerkleTree.RootOfData"/> gives for its bytes at the file's <see cref="MerkleShape.PieceRootLevel"/>.</summary>
    /// <param name="piece">The piece's number in the torrent.</param>
    public Hash256 PieceHash(int piece)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(piece);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(piece, _info.PieceCount);
        return new Hash256(_hashes.AsSpan(piece * Hash256.Size, Hash256.Size));
    }

    /// <summary>The hash of a file's piece, counted from the file's begin.</summary>
    public Hash256 PieceHash(TorrentFile file, int pieceInFile)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pieceInFile);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(pieceInFile, file.PieceCount);
        return PieceHash(file.FirstPiece + pieceInFile);
    }

    /// <summary>The hashes of a file's pieces, 32 bytes each: its piece layer if it is larger than a piece.</summary>
    public ReadOnlyMemory<byte> HashesOf(TorrentFile file) =>
        _hashes.AsMemory(file.FirstPiece * Hash256.Size, file.PieceCount * Hash256.Size);

    /// <summary>
    /// Answers a hash request: the range's hashes, then the uncles. Ranges below the piece level lie within one piece,
    /// whose leaves the caller has computed from its bytes (<see cref="MerkleTree.HashBlocks"/>).
    /// </summary>
    /// <param name="leaves">For a range below the piece level: the leaf hashes of the piece <see cref="PieceOf"/> names. Else not looked at.</param>
    /// <param name="destination">Receives <see cref="HashRange.HashCount"/> hashes.</param>
    /// <returns>False when the range cannot be answered: the reply is <c>hash reject</c>.</returns>
    public bool TryGetHashes(TorrentFile file, in HashRange range, ReadOnlySpan<byte> leaves, Span<byte> destination)
    {
        if (!CanAnswer(file, range) || destination.Length < range.HashCount * Hash256.Size) return false;
        var piece = PieceOf(file, range);
        if (piece is not null && leaves.Length != LeavesIn(file, piece.Value) * Hash256.Size) return false;

        for (var i = 0; i < range.Length; i++)
        {
            Node(file, piece, leaves, range.BaseLayer, range.Index + i, destination[..Hash256.Size]);
            destination = destination[Hash256.Size..];
        }

        var index = range.Index / range.Length;
        for (var level = range.TopLevel; level < range.TopLevel + range.ProofCount; level++, index >>= 1)
        {
            Node(file, piece, leaves, level, index ^ 1, destination[..Hash256.Size]);
            destination = destination[Hash256.Size..];
        }

        return true;
    }

    /// <summary>Whether a range is valid for the file and, if below the piece level, within one piece and that no padding.</summary>
    public static bool CanAnswer(TorrentFile file, in HashRange range)
    {
        if (file.PieceCount == 0 || !range.IsValid(file.Shape)) return false;
        if (PieceOf(file, range) is not { } piece) return range.Length <= HashRange.PreferredLength || range.BaseLayer == file.Shape.PieceLevel;
        return range.TopLevel <= file.Shape.PieceRootLevel && piece < file.PieceCount;
    }

    /// <summary>The piece, counted from the file's begin, whose leaves a range needs; null when the range lies in the piece layer or above.</summary>
    public static int? PieceOf(TorrentFile file, in HashRange range)
    {
        var level = file.Shape.PieceRootLevel;
        return range.BaseLayer >= level ? null : range.Index >> (level - range.BaseLayer);
    }

    private int LeavesIn(TorrentFile file, int pieceInFile)
    {
        var length = Math.Min(_info.PieceLength, file.Length - (long)pieceInFile * _info.PieceLength);
        return (int)((length - 1) / MerkleTree.BlockSize + 1);
    }

    private void Node(TorrentFile file, int? piece, ReadOnlySpan<byte> leaves, int level, int index, Span<byte> node)
    {
        var pieceLevel = file.Shape.PieceRootLevel;
        if (level < pieceLevel)
            MerkleTree.Node(leaves, 0, level, index - ((long)piece!.Value << (pieceLevel - level)), node);
        else if (level >= pieceLevel + SummaryLevels && _summaries.TryGetValue(file.Index, out var summary))
            MerkleTree.Node(summary, pieceLevel + SummaryLevels, level, index, node);
        else
            MerkleTree.Node(HashesOf(file).Span, pieceLevel, level, index, node);
    }

    private static bool TryVerify(TorrentFile file, ReadOnlySpan<byte> layer, out byte[]? summary)
    {
        var shape = file.Shape;
        summary = null;
        if (shape.RootLevel < shape.PieceLevel + SummaryLevels)
            return MerkleTree.Root(layer, shape.PieceLevel, shape.RootLevel) == file.PiecesRoot;

        var level = shape.PieceLevel + SummaryLevels;
        summary = new byte[(int)shape.NodeCount(level) * Hash256.Size];
        for (var i = 0; i < summary.Length / Hash256.Size; i++)
            MerkleTree.Node(layer, shape.PieceLevel, level, i, summary.AsSpan(i * Hash256.Size, Hash256.Size));
        return MerkleTree.Root(summary, level, shape.RootLevel) == file.PiecesRoot;
    }
}
