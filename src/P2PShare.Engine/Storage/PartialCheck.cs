using System.Collections.Concurrent;
using P2PShare.Engine.Errors;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>
/// Finds out, when a download begins or goes on, what of it is on disk already: complete files under their own names,
/// and pieces in partial files. What the resume state says was flushed is believed; all else is hashed.
/// </summary>
internal sealed class PartialCheck
{
    // What one thread takes at a time.
    private const int PartSize = 4 * 1024 * 1024;

    private readonly PartialFiles _files;
    private readonly PartialStorageOptions _options;
    private readonly ResumeState? _state;
    private readonly IProgress<CheckProgress>? _progress;
    private readonly ProgressThrottle _throttle;
    private readonly ConcurrentDictionary<int, Hash256> _zeroHashes = [];
    private long _bytesChecked;
    private long _bytesToCheck;

    private PartialCheck(PartialFiles files, PartialStorageOptions options, ResumeState? state, IProgress<CheckProgress>? progress)
    {
        _files = files;
        _options = options;
        _state = state;
        _progress = progress;
        _throttle = new ProgressThrottle(options.Time);
        Held = new PieceSet(options.Info.PieceCount);
        Flushed = new PieceSet(options.Info.PieceCount);
    }

    /// <summary>The pieces that are on disk.</summary>
    public PieceSet Held { get; }

    /// <summary>Those of them that were there before the last start: nobody needs to flush them.</summary>
    public PieceSet Flushed { get; }

    /// <summary>Looks at all wanted files, and sets their states.</summary>
    /// <param name="files">The files.</param>
    /// <param name="options">How they are received.</param>
    /// <param name="state">What is remembered; null for nothing.</param>
    /// <param name="progress">Told about ten times a second; from any thread.</param>
    /// <param name="cancellationToken">Ends it within one read.</param>
    /// <exception cref="P2PShareException">FileExists, UnsafePath, DestinationUnusable.</exception>
    public static async Task<PartialCheck> RunAsync(
        PartialFiles files, PartialStorageOptions options, ResumeState? state, IProgress<CheckProgress>? progress, CancellationToken cancellationToken)
    {
        var check = new PartialCheck(files, options, state, progress);
        List<PartialFile> candidates = [];
        List<Part> parts = [];
        await options.Workers.RunAsync(
            1,
            token =>
            {
                check.LookForFinals(candidates, token);
                if (candidates.Count == 0) check.LookForPartials(parts, token);
            },
            cancellationToken).ConfigureAwait(false);
        if (candidates.Count > 0)
        {
            await check.HashAsync([.. candidates.SelectMany(file => Parts(file, isFinal: true, _ => true))], cancellationToken).ConfigureAwait(false);
            check.DecideFinals(candidates);
            await options.Workers.RunAsync(1, token => check.LookForPartials(parts, token), cancellationToken).ConfigureAwait(false);
        }

        await check.HashAsync(parts, cancellationToken).ConfigureAwait(false);
        return check;
    }

    private void LookForFinals(List<PartialFile> candidates, CancellationToken cancellationToken)
    {
        var folders = new FolderLook(this);
        foreach (var file in _files.Where(file => file.IsWanted))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!folders.HasFolderOf(file)) continue;
            var entry = Guard(file, () => _files.Destination.Look(_files.FinalPath(file)));
            if (entry.Kind == EntryKind.Missing) continue;
            var path = _files.DisplayPath(file);
            if (entry.Kind == EntryKind.Directory) throw StorageErrors.Exists($"A folder stands at '{DisplayName.Escape(path)}'.", path);
            // Files that this download itself has renamed, before it was interrupted, are no reason to refuse it.
            if (_options.NoClobber && _state?.IsCompleting != true) throw StorageErrors.Exists($"'{DisplayName.Escape(path)}' exists.", path);
            if (entry.Kind != EntryKind.File || entry.Length != file.File.Length) RequireOverwrite(path, entry);
            else if (file.File.Length == 0) Find(file, entry);
            else candidates.Add(file);
            file.Verified = new FileState(entry.Length, entry.ModifiedNs);
        }
    }

    private void DecideFinals(List<PartialFile> candidates)
    {
        foreach (var file in candidates)
        {
            var pieces = Enumerable.Range(file.File.FirstPiece, file.File.PieceCount);
            if (pieces.All(Held.Contains))
            {
                Find(file, Guard(file, () => _files.Destination.Look(_files.FinalPath(file))));
                foreach (var piece in pieces) Flushed.Add(piece);
                continue;
            }

            RequireOverwrite(_files.DisplayPath(file), Guard(file, () => _files.Destination.Look(_files.FinalPath(file))));
            foreach (var piece in pieces) Held.Remove(piece);
        }
    }

    // Of a file found after a crash between renaming and remembering nobody can tell any more whose it was: then it is not ours.
    private void Find(PartialFile file, FileEntry entry)
    {
        file.State = PartialFileState.Final;
        file.WasThere = _options.WasReceived?.Invoke(_files.DisplayPath(file), entry) != true;
    }

    private void LookForPartials(List<Part> parts, CancellationToken cancellationToken)
    {
        var folders = new FolderLook(this);
        foreach (var file in _files.Where(file => file.IsWanted && file.File.PieceCount > 0))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!folders.HasFolderOf(file)) continue;
            var entry = Guard(file, () => _files.Destination.Look(_files.PartialPath(file)));
            if (entry.Kind != EntryKind.File) continue;
            if (file.State == PartialFileState.Final)
            {
                Guard(file, () =>
                {
                    _files.Destination.Delete(_files.PartialPath(file));
                    return entry;
                });
                continue;
            }

            file.State = PartialFileState.Partial;
            if (Believe(file, entry)) continue;
            parts.AddRange(Parts(file, isFinal: false, piece => !Held.Contains(piece)));
        }
    }

    /// <returns>Whether nothing else can be in this file.</returns>
    private bool Believe(PartialFile file, FileEntry entry)
    {
        if (_state is null || entry.Length != file.File.Length) return false;
        var isUntouched = _state.Partials.TryGetValue(file.File.Index, out var state) && state == new FileState(entry.Length, entry.ModifiedNs);
        // Written to after a clean stop, and not by us: then nothing in it is certain.
        if (_state.IsClean && !isUntouched) return false;
        for (var piece = file.File.FirstPiece; piece <= file.LastPiece; piece++)
        {
            if (!_state.Flushed.Contains(piece)) continue;
            Held.Add(piece);
            Flushed.Add(piece);
        }

        return _state.IsClean;
    }

    private void RequireOverwrite(string path, FileEntry entry)
    {
        if (!_options.IsReplaceable(path, entry)) throw StorageErrors.Exists($"'{DisplayName.Escape(path)}' exists and has other content.", path);
    }

    private T Guard<T>(PartialFile file, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            throw StorageErrors.Writing(error, _files.DisplayPath(file));
        }
    }

    private static IEnumerable<Part> Parts(PartialFile file, bool isFinal, Func<int, bool> isWanted)
    {
        var most = Math.Max(1, PartSize / file.File.Shape.PieceLength);
        for (var piece = file.File.FirstPiece; piece <= file.LastPiece;)
        {
            var count = 0;
            while (count < most && piece + count <= file.LastPiece && isWanted(piece + count)) count++;
            if (count > 0) yield return new Part(file, isFinal, piece, count);
            piece += Math.Max(1, count);
        }
    }

    private async Task HashAsync(IReadOnlyList<Part> parts, CancellationToken cancellationToken)
    {
        if (parts.Count == 0) return;
        _bytesToCheck += parts.Sum(part => part.Length);
        var next = -1;
        await _options.Workers.RunAsync(
            Math.Min(_options.Threads, parts.Count),
            token =>
            {
                var hasher = new PieceHasher();
                for (var i = Interlocked.Increment(ref next); i < parts.Count; i = Interlocked.Increment(ref next)) Hash(parts[i], hasher, token);
            },
            cancellationToken).ConfigureAwait(false);
        _progress?.Report(new CheckProgress(Interlocked.Read(ref _bytesChecked), _bytesToCheck));
    }

    private void Hash(Part part, PieceHasher hasher, CancellationToken cancellationToken)
    {
        try
        {
            using var open = _files.Destination.OpenRead(part.IsFinal ? _files.FinalPath(part.File) : _files.PartialPath(part.File));
            HashOpen(part, open, hasher, cancellationToken);
        }
        catch (Exception error) when (StorageErrors.IsFileError(error))
        {
            // What cannot be read is not there: it is fetched, or in the way.
        }

        Interlocked.Add(ref _bytesChecked, part.Length);
        if (_progress is not null && _throttle.IsDue()) _progress.Report(new CheckProgress(Interlocked.Read(ref _bytesChecked), _bytesToCheck));
    }

    private void HashOpen(Part part, IStorageFile open, PieceHasher hasher, CancellationToken cancellationToken)
    {
        var file = part.File.File;
        var shape = file.Shape;
        var firstInFile = part.FirstPiece - file.FirstPiece;
        // Of a file that was cut short, whole pieces may be left.
        var length = open.State.Length;
        var count = length >= file.Length ? part.Count : (int)Math.Min(part.Count, length / shape.PieceLength - firstInFile);
        if (count <= 0) return;

        var hashes = new byte[count * Hash256.Size];
        if (!part.IsFinal && open.NextData(part.Offset) >= part.Offset + part.Length) FillWithZeroHashes(part, shape, hashes);
        else if (!hasher.TryHash(open, shape, firstInFile, count, hashes, null, cancellationToken)) return;
        for (var i = 0; i < count; i++)
        {
            var piece = part.FirstPiece + i;
            if (new Hash256(hashes.AsSpan(i * Hash256.Size, Hash256.Size)) == _options.Layers.PieceHash(piece)) Held.Add(piece);
        }
    }

    /// <summary>A hole need not be read: it is zeros, which may even be what was published.</summary>
    private void FillWithZeroHashes(Part part, MerkleShape shape, Span<byte> hashes)
    {
        for (var i = 0; i < hashes.Length / Hash256.Size; i++)
        {
            var length = _options.Info.PieceSize(part.FirstPiece + i);
            // The level follows from the length: short pieces are either last in a layer or alone in their file.
            var key = shape.HasPieceLayer ? length : -length;
            var hash = _zeroHashes.GetOrAdd(key, static (_, piece) => MerkleTree.RootOfData(new byte[piece.length], piece.PieceRootLevel), (length, shape.PieceRootLevel));
            hash.CopyTo(hashes[(i * Hash256.Size)..]);
        }
    }

    /// <summary>Whether the folders of files are there: one that is not is not looked for again for each of its files, which come one after the other.</summary>
    private sealed class FolderLook(PartialCheck check)
    {
        private PartialFile? _previous;
        private bool _isThere;

        public bool HasFolderOf(PartialFile file)
        {
            var files = check._files;
            if (_previous is null || !files.AreTogether(_previous, file))
                _isThere = check.Guard(file, () => files.Destination.HasFolderOf(files.FinalPath(file)));
            _previous = file;
            return _isThere;
        }
    }

    private sealed record Part(PartialFile File, bool IsFinal, int FirstPiece, int Count)
    {
        public long Offset => (long)(FirstPiece - File.File.FirstPiece) * File.File.Shape.PieceLength;

        public long Length => Math.Min(File.File.Length - Offset, (long)Count * File.File.Shape.PieceLength);
    }
}
