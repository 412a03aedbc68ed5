using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>
/// The pieces of one share on this machine's disks: verified data goes in, blocks come out.
/// <see cref="ReadBlock"/> and <see cref="WritePiece"/> may be called from several threads at once.
/// </summary>
public interface IShareStorage : IAsyncDisposable
{
    /// <summary>The share whose pieces these are.</summary>
    TorrentInfo Info { get; }

    /// <summary>Whether a piece is on disk and was verified (before a crash it need not be flushed yet).</summary>
    bool HasPiece(int piece);

    /// <summary>The number of pieces on disk and verified.</summary>
    int PiecesHeld { get; }

    /// <summary>Bytes of the pieces on disk and verified.</summary>
    long BytesHeld { get; }

    /// <summary>
    /// Reads <paramref name="destination"/>.Length bytes at <paramref name="begin"/> bytes into <paramref name="piece"/>.
    /// Synchronous on purpose: the writer of a link calls it with its send buffer, and the page cache usually answers.
    /// </summary>
    /// <exception cref="Errors.P2PShareException">The file is gone, shorter than it was, or cannot be read (FileChanged, FileUnreadable).</exception>
    void ReadBlock(int piece, int begin, Span<byte> destination);

    /// <summary>Writes one whole, verified piece and marks it held. Flushes by itself every 64 MiB, after which the resume state claims those pieces.</summary>
    /// <exception cref="Errors.P2PShareException">DiskFull, DestinationUnusable.</exception>
    void WritePiece(int piece, ReadOnlySpan<byte> data);

    /// <summary>Marks a piece as not held any more: its bytes on disk turned out to be others than were published.</summary>
    void DropPiece(int piece);

    /// <summary>Forces what was written to the disk and saves the resume state.</summary>
    Task FlushAsync(CancellationToken cancellationToken);

    /// <summary>All pieces held: flush, set times and modes, rename to the final names, sync the folders. Idempotent.</summary>
    Task CompleteAsync(ShareAttributes? attributes, CancellationToken cancellationToken);

    /// <summary>Ends an unfinished download for good: removes partial files (unless kept) and the resume state.</summary>
    Task AbandonAsync(bool keepPartial, CancellationToken cancellationToken);
}
