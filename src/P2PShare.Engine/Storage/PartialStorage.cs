using System.Buffers;
using System.Runtime.ExceptionServices;
using P2PShare.Engine.Errors;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>
/// A share that is being received. Each file grows, sparse, in a partial file next to its final name. A piece is claimed
/// in the resume state only after it was flushed; whatever else is found after an interruption must verify. When all is
/// there the files get their names, and the same object goes on serving them.
/// </summary>
internal sealed class PartialStorage : IShareStorage
{
    private readonly PartialStorageOptions _options;
    private readonly PartialFiles _files;
    private readonly PartialFlush _flush;
    private readonly PieceLedger _ledger;
    private readonly ResumeStore _store;
    private readonly FileHandleCache _handles;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Lock _backgroundLock = new();
    private Task _background = Task.CompletedTask;
    private ExceptionDispatchInfo? _backgroundFailure;
    private bool _isEnded;
    private volatile SourceStorage? _complete;

    private PartialStorage(PartialStorageOptions options, PartialFiles files, ResumeStore store, FileHandleCache handles, PartialCheck check)
    {
        _options = options;
        _files = files;
        _flush = new PartialFlush(files, options.FileSystem, options.Workers);
        _ledger = new PieceLedger(options.Info, files, check.Held, check.Flushed);
        _store = store;
        _handles = handles;
        BytesWanted = files.Where(file => file.IsWanted).Sum(file => file.File.Length);
        PiecesWanted = files.Where(file => file.IsWanted).Sum(file => file.File.PieceCount);
    }

    public TorrentInfo Info => _options.Info;

    public int PiecesHeld => _complete?.PiecesHeld ?? _ledger.Held.Count;

    public long BytesHeld => _complete?.BytesHeld ?? _ledger.BytesHeld;

    /// <summary>The bytes of all chosen files.</summary>
    public long BytesWanted { get; }

    /// <summary>The number of pieces of all chosen files.</summary>
    public int PiecesWanted { get; }

    /// <summary>Whether every piece of every chosen file is held, so that it can be completed.</summary>
    public bool HasAllWanted => PiecesHeld == PiecesWanted;

    /// <summary>The received file, or the share's folder.</summary>
    public string FullPath => _files.Destination.PathOf(_files.RootPath);

    /// <summary>After completion: the files under their final names, for serving them in a later run with <see cref="SourceStorage"/>. Null before.</summary>
    public IReadOnlyList<SourceFile>? CompletedFiles => _complete?.Files;

    /// <summary>Begins or goes on with receiving a share.</summary>
    /// <param name="options">What, and where to.</param>
    /// <param name="progress">How far the verification of what is on disk has come; from any thread.</param>
    /// <param name="cancellationToken">Ends it within one read.</param>
    /// <exception cref="P2PShareException">DestinationUnusable, DiskFull, FileExists, UnsafePath.</exception>
    public static async Task<PartialStorage> OpenAsync(
        PartialStorageOptions options, IProgress<CheckProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var destination = DestinationFolder.Open(options.FileSystem, options.Destination);
        var handles = options.Handles ?? new FileHandleCache();
        var files = new PartialFiles(options.Info, SafePath.Map(options.Info, options.Attributes), destination, options.Files, handles);
        var store = new ResumeStore(options.FileSystem, options.ResumePath);
        var state = store.Load(options.Info, out var isPrevious);
        if (state?.Destination != destination.Root) state = null;
        // The last but one may claim pieces that were dropped since; it still tells that files were being renamed.
        if (isPrevious && state is not null) state = state with { Flushed = new PieceSet(options.Info.PieceCount), IsClean = false };

        try
        {
            var check = await PartialCheck.RunAsync(files, options, state, progress, cancellationToken).ConfigureAwait(false);
            var storage = new PartialStorage(options, files, store, handles, check);
            storage.CheckDestination();
            files.IsCompleting = state is { IsCompleting: true };
            if (state is { IsClean: true }) storage.Save(isClean: false);
            return storage;
        }
        catch
        {
            files.CloseAll();
            if (options.Handles is null) handles.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file was chosen.</summary>
    public bool IsWanted(int file) => _files[file].IsWanted;

    public bool HasPiece(int piece) => _complete?.HasPiece(piece) ?? _ledger.Held.Contains(piece);

    public void ReadBlock(int piece, int begin, Span<byte> destination)
    {
        if (_complete is { } complete)
        {
            complete.ReadBlock(piece, begin, destination);
            return;
        }

        var location = Info.Locate(piece);
        ArgumentOutOfRangeException.ThrowIfNegative(begin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, location.Length - begin);
        var file = _files[location.File.Index];
        // A file that is absent must not be made by reading it.
        if (_ledger.Held.Contains(piece) && file.State != PartialFileState.Absent)
        {
            try
            {
                using var lease = _files.Acquire(file);
                if (lease.File.Read(destination, location.Offset + begin) == destination.Length) return;
            }
            catch (Exception error) when (StorageErrors.IsFileError(error))
            {
                var failure = StorageErrors.Reading(error, _files.DisplayPath(file));
                if (failure.ErrorId == ErrorIds.FileChanged) Lose(file);
                throw failure;
            }

        }

        DropPiece(piece);
        var path = _files.DisplayPath(file);
        throw StorageErrors.Changed($"Piece {piece} of '{DisplayName.Escape(path)}' is not on disk.", path);
    }

    public void WritePiece(int piece, ReadOnlySpan<byte> data)
    {
        if (Interlocked.Exchange(ref _backgroundFailure, null) is { } failure) failure.Throw();
        var location = Info.Locate(piece);
        if (data.Length != location.Length) throw new ArgumentException("Not a whole piece.", nameof(data));
        var file = _files[location.File.Index];
        if (!file.IsWanted) throw new InvalidOperationException("The file was not chosen.");
        while (!HasPiece(piece))
        {
            var generation = file.Generation;
            try
            {
                using var lease = _files.Acquire(file);
                lease.File.Write(data, location.Offset);
                // Of thousands of small files few stay open until the end, and opening one costs more than writing it.
                if (file.File.PieceCount == 1) file.IsFinished = PartialCompletion.TrySetAttributes(lease.File, _options.Attributes?.Files[file.File.Index]);
            }
            catch (FileNotFoundException) when (file.State == PartialFileState.Partial)
            {
                // Someone removed the partial file: what was in it is fetched again, and this goes to a new one.
                Lose(file);
                continue;
            }
            catch (Exception error) when (StorageErrors.IsFileError(error))
            {
                throw StorageErrors.Writing(error, _files.DisplayPath(file));
            }

            if (_ledger.TryHold(piece, location, generation)) break;
        }

        if (_ledger.PendingBytes >= _options.FlushInterval) FlushSoon();
    }

    public void DropPiece(int piece)
    {
        if (_complete is { } complete)
        {
            complete.DropPiece(piece);
            return;
        }

        var file = _files[Info.Locate(piece).File.Index];
        if (file.State == PartialFileState.Final) Lose(file);
        else if (_ledger.Unhold(piece)) FlushSoon();
    }

    /// <summary>Takes a file's pieces from another file of this machine that may have the same content.</summary>
    /// <param name="file">The file's index.</param>
    /// <param name="candidatePath">A file whose root hash was once the same. Only what verifies is taken.</param>
    /// <param name="cancellationToken">Ends it within one piece.</param>
    /// <returns>Whether the whole file is held now.</returns>
    /// <exception cref="P2PShareException">DiskFull, DestinationUnusable.</exception>
    public async Task<bool> TryReuseAsync(int file, string candidatePath, CancellationToken cancellationToken)
    {
        var target = _files[file];
        if (!target.IsWanted) return false;
        await _options.Workers.RunAsync(1, token => Reuse(target, candidatePath, token), cancellationToken).ConfigureAwait(false);
        return Enumerable.Range(target.File.FirstPiece, target.File.PieceCount).All(HasPiece);
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isEnded || _complete is not null) return;
            await FlushPendingAsync(cancellationToken).ConfigureAwait(false);
            if (_ledger.TakeIsStale()) Save(isClean: false);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task CompleteAsync(ShareAttributes? attributes, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_complete is not null) return;
            if (_isEnded || !HasAllWanted) throw new InvalidOperationException("Pieces are missing.");
            await FlushPendingAsync(cancellationToken).ConfigureAwait(false);
            _files.IsCompleting = true;
            // Else a restart would find files in the way that are its own.
            if (_options.NoClobber) Save(isClean: false);
            await new PartialCompletion(_files, _options, _flush, Lose, attributes).RunAsync(ServeFinals, cancellationToken).ConfigureAwait(false);
            _store.Delete();
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task AbandonAsync(bool keepPartial, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isEnded) return;
            _isEnded = true;
            _files.CloseAll();
            if (_complete is null && !keepPartial) await _options.Workers.RunAsync(1, _ => DeletePartials(), cancellationToken).ConfigureAwait(false);
            _store.Delete();
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task background;
        lock (_backgroundLock) background = _background;
        await background.ConfigureAwait(false);
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_isEnded && _complete is null) await StopCleanlyAsync().ConfigureAwait(false);
            _isEnded = true;
            if (_complete is not null) await _complete.DisposeAsync().ConfigureAwait(false);
            _files.CloseAll();
            if (_options.Handles is null) _handles.Dispose();
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task StopCleanlyAsync()
    {
        if (_ledger.Held.Count == 0) return;
        try
        {
            await FlushPendingAsync(CancellationToken.None).ConfigureAwait(false);
            _files.CloseAll();
            Save(isClean: true);
        }
        catch (P2PShareException)
        {
            // Then it is as after a crash: what was not flushed is verified at the next start.
        }
    }

    /// <summary>Finds out before anything is fetched that it could not be kept.</summary>
    private void CheckDestination()
    {
        var needed = BytesWanted - BytesHeld;
        var root = _files.Destination.Root;
        var available = _options.FileSystem.AvailableBytes(root);
        if (needed > available)
        {
            throw StorageErrors.DiskFull(
                $"'{DisplayName.Escape(root)}' has {available:N0} bytes left; '{DisplayName.Escape(Info.Name)}' needs {needed:N0} more.", root);
        }

        if (_files.FirstOrDefault(file => file.IsWanted && file.State == PartialFileState.Absent) is not { } first) return;
        try
        {
            _files.Acquire(first).Dispose();
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            throw StorageErrors.Writing(error, _files.DisplayPath(first));
        }
    }

    private void Lose(PartialFile file)
    {
        if (_ledger.Lose(file)) FlushSoon();
    }

    private void FlushSoon()
    {
        lock (_backgroundLock)
        {
            if (_background.IsCompleted) _background = Task.Run(FlushInBackgroundAsync);
        }
    }

    private async Task FlushInBackgroundAsync()
    {
        try
        {
            await FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Told to the next writer.
            Interlocked.Exchange(ref _backgroundFailure, ExceptionDispatchInfo.Capture(error));
        }
    }

    /// <summary>Flushes what was written before the call, and marks it flushed. Pieces of files that cannot be flushed are no longer held: the system may have forgotten them.</summary>
    private async Task FlushPendingAsync(CancellationToken cancellationToken)
    {
        var (pieces, dirty) = _ledger.TakePending();
        IReadOnlyDictionary<PartialFile, Exception> failures;
        try
        {
            failures = await _flush.RunAsync(dirty, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _ledger.ReturnPending(pieces);
            throw;
        }

        foreach (var piece in pieces)
        {
            if (failures.ContainsKey(_files[Info.Locate(piece).File.Index])) _ledger.Unhold(piece);
            else _ledger.MarkFlushed(piece);
        }

        if (failures.Count == 0) return;
        foreach (var file in failures.Where(failure => failure.Value is FileNotFoundException)) _ledger.Lose(file.Key);
        var (first, reason) = failures.First();
        throw StorageErrors.Writing(reason, _files.DisplayPath(first));
    }

    private void Save(bool isClean)
    {
        var partials = new Dictionary<int, FileState>();
        foreach (var file in _files.Where(file => isClean && file.State == PartialFileState.Partial))
        {
            var entry = Look(file, _files.PartialPath(file));
            if (entry.Kind == EntryKind.File) partials[file.File.Index] = new FileState(entry.Length, entry.ModifiedNs);
        }

        _store.Save(new ResumeState(Info.InfoHash, _files.Destination.Root, _ledger.Flushed, isClean, _files.IsCompleting, partials));
    }

    private void ServeFinals()
    {
        var sources = new SourceFile[Info.Files.Count];
        foreach (var file in _files.Where(file => file.IsWanted))
        {
            sources[file.File.Index] = new SourceFile(_files.DisplayPath(file), file.Verified.Length, file.Verified.ModifiedNs, file.WasThere);
        }

        _complete = new SourceStorage(Info, _options.Layers, sources, _handles, _options.FileSystem, _ledger.Held);
        _files.CloseAll();
    }

    private FileEntry Look(PartialFile file, string relativePath)
    {
        try
        {
            return _files.Destination.Look(relativePath);
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            throw StorageErrors.Writing(error, _files.DisplayPath(file));
        }
    }

    private void DeletePartials()
    {
        try
        {
            foreach (var file in _files.Where(file => file.IsWanted && file.State == PartialFileState.Partial))
                _files.Destination.Delete(_files.PartialPath(file));
            _files.Destination.DeleteCreatedFolders();
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            throw StorageErrors.Writing(error, _files.Destination.Root);
        }
    }

    private void Reuse(PartialFile target, string candidatePath, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(Info.PieceLength, target.File.Length));
        try
        {
            using var candidate = _options.FileSystem.OpenRead(candidatePath);
            if (candidate.State.Length != target.File.Length) return;
            for (var piece = target.File.FirstPiece; piece <= target.LastPiece; piece++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (HasPiece(piece)) continue;
                var location = Info.Locate(piece);
                var data = buffer.AsSpan(0, location.Length);
                if (candidate.Read(data, location.Offset) < data.Length) return;
                if (MerkleTree.RootOfData(data, target.File.Shape.PieceRootLevel) == _options.Layers.PieceHash(piece)) WritePiece(piece, data);
            }
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            // The candidate is gone, or unreadable: then the file is fetched.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
