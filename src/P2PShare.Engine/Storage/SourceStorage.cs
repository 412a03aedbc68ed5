using System.Buffers;
using P2PShare.Engine.Errors;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>
/// A share served from the files it was published from, or was received into in an earlier run. Nothing is ever written.
/// A file that has changed since is noticed at the next read; its pieces are hashed before any of them is served again,
/// and those that differ are dropped.
/// </summary>
internal sealed class SourceStorage : IShareStorage, IFileOpener
{
    private readonly PieceLayers _layers;
    private readonly SourceFile[] _files;
    private readonly IStorageFileSystem _fileSystem;
    private readonly FileHandleCache _handles;
    private readonly bool _ownsHandles;
    private readonly PieceSet _held;
    private readonly Lock _lock = new();
    private readonly Dictionary<int, ChangedFile> _changed = [];
    private long _bytesHeld;

    /// <param name="info">The share.</param>
    /// <param name="layers">The hashes of its pieces.</param>
    /// <param name="files">Its files in the order of <see cref="TorrentInfo.Files"/>.</param>
    /// <param name="handles">Where files are kept open; null for an own cache.</param>
    /// <param name="fileSystem">Null for the machine's.</param>
    /// <param name="held">The pieces that are there; null for all. Of a file without any, the source does not matter.</param>
    public SourceStorage(
        TorrentInfo info, PieceLayers layers, IReadOnlyList<SourceFile> files,
        FileHandleCache? handles = null, IStorageFileSystem? fileSystem = null, PieceSet? held = null)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(files);
        if (files.Count != info.Files.Count) throw new ArgumentException("Not one source for each file.", nameof(files));
        Info = info;
        _layers = layers;
        _files = [.. files];
        _fileSystem = fileSystem ?? DiskFileSystem.Instance;
        _ownsHandles = handles is null;
        _handles = handles ?? new FileHandleCache();
        _held = new PieceSet(info.PieceCount);
        for (var piece = 0; piece < info.PieceCount; piece++)
        {
            if (held?.Contains(piece) == false) continue;
            _held.Add(piece);
            _bytesHeld += info.PieceSize(piece);
        }
    }

    public TorrentInfo Info { get; }

    public int PiecesHeld => _held.Count;

    public long BytesHeld => Interlocked.Read(ref _bytesHeld);

    /// <summary>The files it is served from, in the order of <see cref="TorrentInfo.Files"/>.</summary>
    public IReadOnlyList<SourceFile> Files => _files;

    public bool HasPiece(int piece) => _held.Contains(piece);

    public void ReadBlock(int piece, int begin, Span<byte> destination)
    {
        var location = Info.Locate(piece);
        ArgumentOutOfRangeException.ThrowIfNegative(begin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, location.Length - begin);
        var source = _files[location.File.Index];
        if (!_held.Contains(piece)) throw StorageErrors.Changed($"'{DisplayName.Escape(source.FullPath)}' has changed since it was published.", source.FullPath);
        try
        {
            using var lease = _handles.Acquire(this, location.File.Index);
            var file = lease.File;
            var state = file.State;
            if (state.Length != source.Length || state.ModifiedNs != source.ModifiedNs) Recheck(piece, location, file, state);
            if (file.Read(destination, location.Offset + begin) == destination.Length) return;
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            var failure = StorageErrors.Reading(error, source.FullPath);
            if (failure.ErrorId == ErrorIds.FileChanged) DropFile(location.File);
            throw failure;
        }

        DropPiece(piece);
        throw StorageErrors.Changed($"'{DisplayName.Escape(source.FullPath)}' is shorter than it was.", source.FullPath);
    }

    /// <summary>Always fails: a published share is complete.</summary>
    public void WritePiece(int piece, ReadOnlySpan<byte> data) => throw new InvalidOperationException("A published share is not written to.");

    public void DropPiece(int piece)
    {
        if (_held.Remove(piece)) Interlocked.Add(ref _bytesHeld, -Info.PieceSize(piece));
    }

    public Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task CompleteAsync(ShareAttributes? attributes, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task AbandonAsync(bool keepPartial, CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        if (_ownsHandles) _handles.Dispose();
        else _handles.EvictAll(this);
        return ValueTask.CompletedTask;
    }

    IStorageFile IFileOpener.OpenFile(int file) => _fileSystem.OpenRead(_files[file].FullPath);

    private void DropFile(TorrentFile file)
    {
        for (var piece = file.FirstPiece; piece < file.FirstPiece + file.PieceCount; piece++) DropPiece(piece);
    }

    /// <summary>The file is not as it was published. That may be a touch, or a change elsewhere in it: the piece's hash tells.</summary>
    private void Recheck(int piece, PieceLocation location, IStorageFile file, FileState state)
    {
        lock (_lock)
        {
            if (!_changed.TryGetValue(location.File.Index, out var changed) || changed.State != state)
                _changed[location.File.Index] = changed = new ChangedFile(state, new PieceSet(location.File.PieceCount));
            if (changed.Verified.Contains(location.PieceInFile)) return;

            var buffer = ArrayPool<byte>.Shared.Rent(location.Length);
            try
            {
                var data = buffer.AsSpan(0, location.Length);
                var isWhole = file.Read(data, location.Offset) == data.Length;
                if (isWhole && MerkleTree.RootOfData(data, location.File.Shape.PieceRootLevel) == _layers.PieceHash(piece))
                {
                    changed.Verified.Add(location.PieceInFile);
                    return;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        DropPiece(piece);
        var path = _files[location.File.Index].FullPath;
        throw StorageErrors.Changed($"'{DisplayName.Escape(path)}' has changed since it was published.", path);
    }

    private sealed record ChangedFile(FileState State, PieceSet Verified);
}
