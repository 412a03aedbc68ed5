using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>The hashing of one file, whose parts several threads may do. It is open from the first part to the last.</summary>
internal sealed class FileHash
{
    private readonly IStorageFileSystem _fileSystem;
    private readonly Lock _lock = new();
    private readonly byte[] _layer;
    private IStorageFile? _open;
    private int _piecesLeft;
    private bool _isClosed;

    public FileHash(ScannedFile file, int pieceLength, IStorageFileSystem fileSystem)
    {
        _fileSystem = fileSystem;
        File = file;
        Shape = new MerkleShape(file.Length, pieceLength);
        // More pieces than a share may have are found before memory is taken for them.
        if (Shape.PieceCount > MetainfoLimits.Default.MaxPieces)
            throw new Errors.P2PShareException(Errors.ErrorKind.InvalidData, Errors.ErrorIds.InvalidMetadata, $"'{DisplayName.Escape(file.FullPath)}' is too large to be shared.", file.FullPath);
        _piecesLeft = (int)Shape.PieceCount;
        _layer = new byte[_piecesLeft * Hash256.Size];
    }

    public ScannedFile File { get; }

    public MerkleShape Shape { get; }

    /// <summary>The pieces' hashes, when all parts are done.</summary>
    public ReadOnlyMemory<byte> Layer => _layer;

    /// <summary>The file's root, when all parts are done.</summary>
    public Hash256 Root() => Shape.HasPieceLayer ? MerkleTree.Root(_layer, Shape.PieceLevel, Shape.RootLevel) : new Hash256(_layer);

    /// <summary>Hashes some pieces.</summary>
    /// <returns>Whether they were the last ones missing.</returns>
    /// <exception cref="Errors.P2PShareException">FileUnreadable; FileChanged: it is not as it was found.</exception>
    public bool HashPart(PieceHasher hasher, int firstPiece, int pieceCount, Action<int> onRead, CancellationToken cancellationToken)
    {
        try
        {
            var file = Open();
            var hashes = _layer.AsSpan(firstPiece * Hash256.Size, pieceCount * Hash256.Size);
            if (!hasher.TryHash(file, Shape, firstPiece, pieceCount, hashes, onRead, cancellationToken)) throw Changed();
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            Close();
            throw StorageErrors.Reading(error, File.FullPath);
        }
        catch
        {
            Close();
            throw;
        }

        return Finish(pieceCount);
    }

    private IStorageFile Open()
    {
        lock (_lock)
        {
            if (_open is not null) return _open;
            // Only a failure closes it before its end, and that has cancelled everyone.
            if (_isClosed) throw new OperationCanceledException();
            _open = _fileSystem.OpenRead(File.FullPath);
            CheckUnchanged();
            return _open;
        }
    }

    private bool Finish(int pieceCount)
    {
        lock (_lock)
        {
            _piecesLeft -= pieceCount;
            if (_piecesLeft > 0) return false;
            CheckUnchanged();
        }

        Close();
        return true;
    }

    private void CheckUnchanged()
    {
        if (_open is not null && _open.State != new FileState(File.Length, File.ModifiedNs)) throw Changed();
    }

    private void Close()
    {
        // Another thread may be reading: the handle itself sees to it that it is closed after that.
        lock (_lock)
        {
            _open?.Dispose();
            _open = null;
            _isClosed = true;
        }
    }

    private Errors.P2PShareException Changed() =>
        StorageErrors.Changed($"'{DisplayName.Escape(File.FullPath)}' changes while it is being read.", File.FullPath);
}
