using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>
/// Keeps account of a download's pieces: held (written and verified), flushed (also safe from a power cut, so that the
/// resume state may claim them), and those in between. Thread-safe.
/// </summary>
internal sealed class PieceLedger
{
    private readonly TorrentInfo _info;
    private readonly PartialFiles _files;
    private readonly Lock _lock = new();
    private List<int> _pendingPieces = [];
    private List<PartialFile> _dirtyFiles = [];
    private long _pendingBytes;
    private long _bytesHeld;
    private bool _isStale;

    /// <param name="info">The share.</param>
    /// <param name="files">Its files.</param>
    /// <param name="held">What is on disk.</param>
    /// <param name="flushed">What of it needs no flush.</param>
    public PieceLedger(TorrentInfo info, PartialFiles files, PieceSet held, PieceSet flushed)
    {
        _info = info;
        _files = files;
        Held = held;
        Flushed = flushed;
        for (var piece = 0; piece < info.PieceCount; piece++)
        {
            if (!held.Contains(piece)) continue;
            var location = info.Locate(piece);
            _bytesHeld += location.Length;
            if (!flushed.Contains(piece)) AddPending(piece, location);
        }
    }

    public PieceSet Held { get; }

    public PieceSet Flushed { get; }

    public long BytesHeld => Interlocked.Read(ref _bytesHeld);

    /// <summary>Bytes written since the last flush.</summary>
    public long PendingBytes => Interlocked.Read(ref _pendingBytes);

    /// <summary>Whether <see cref="Flushed"/> has changed since the last call.</summary>
    public bool TakeIsStale()
    {
        lock (_lock)
        {
            var was = _isStale;
            _isStale = false;
            return was;
        }
    }

    /// <summary>Counts a piece as written.</summary>
    /// <param name="piece">Its number.</param>
    /// <param name="location">Where it lies.</param>
    /// <param name="generation">The file's <see cref="PartialFile.Generation"/> before the write.</param>
    /// <returns>False when the file it was written to has been lost meanwhile: it must be written again.</returns>
    public bool TryHold(int piece, PieceLocation location, int generation)
    {
        lock (_lock)
        {
            if (_files[location.File.Index].Generation != generation) return false;
            if (!Held.Add(piece)) return true;
            Interlocked.Add(ref _bytesHeld, location.Length);
            AddPending(piece, location);
            return true;
        }
    }

    /// <returns>Whether the resume state may claim the piece and has to be saved again.</returns>
    public bool Unhold(int piece)
    {
        lock (_lock)
        {
            if (!Held.Remove(piece)) return false;
            Interlocked.Add(ref _bytesHeld, -_info.PieceSize(piece));
            if (!Flushed.Remove(piece)) return false;
            _isStale = true;
            return true;
        }
    }

    /// <summary>Counts all that is in a file as lost, whether its own name or a partial one is gone.</summary>
    /// <returns>As <see cref="Unhold"/>.</returns>
    public bool Lose(PartialFile file)
    {
        lock (_lock)
        {
            file.Generation++;
            file.IsFinished = false;
            file.State = PartialFileState.Absent;
        }

        _files.Close(file);
        var isClaimed = false;
        for (var piece = file.File.FirstPiece; piece <= file.LastPiece; piece++) isClaimed |= Unhold(piece);
        return isClaimed;
    }

    /// <summary>What was written and not flushed; it is nobody's until it is given back or marked.</summary>
    public (IReadOnlyList<int> Pieces, IReadOnlyList<PartialFile> Files) TakePending()
    {
        lock (_lock)
        {
            var taken = (_pendingPieces, _dirtyFiles);
            (_pendingPieces, _dirtyFiles) = ([], []);
            Interlocked.Exchange(ref _pendingBytes, 0);
            foreach (var file in taken._dirtyFiles) file.IsDirty = false;
            return taken;
        }
    }

    /// <summary>Gives back what was taken and not flushed.</summary>
    public void ReturnPending(IReadOnlyList<int> pieces)
    {
        lock (_lock)
        {
            foreach (var piece in pieces) AddPending(piece, _info.Locate(piece));
        }
    }

    public void MarkFlushed(int piece)
    {
        lock (_lock)
        {
            if (Held.Contains(piece) && Flushed.Add(piece)) _isStale = true;
        }
    }

    private void AddPending(int piece, PieceLocation location)
    {
        _pendingPieces.Add(piece);
        Interlocked.Add(ref _pendingBytes, location.Length);
        var file = _files[location.File.Index];
        if (file.IsDirty) return;
        file.IsDirty = true;
        _dirtyFiles.Add(file);
    }
}
