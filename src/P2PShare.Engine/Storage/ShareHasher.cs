using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>Turns files and folders into shares: finds what is meant, and hashes it on all cores, large files in parts.</summary>
internal sealed class ShareHasher
{
    // What one thread takes at a time: enough to read in sequence, little enough that no thread is left alone with the end.
    private const int PartSize = 4 * 1024 * 1024;

    private readonly IStorageFileSystem _fileSystem;
    private readonly TimeProvider _time;
    private readonly int _threads;
    private readonly StorageThreads _workers;

    /// <param name="time">For the rate of progress reports; null for the system's.</param>
    /// <param name="fileSystem">Null for the machine's.</param>
    /// <param name="threads">How many threads hash at most; null for one a core.</param>
    /// <param name="workers">The threads; null for own ones.</param>
    public ShareHasher(TimeProvider? time = null, IStorageFileSystem? fileSystem = null, int? threads = null, StorageThreads? workers = null)
    {
        _fileSystem = fileSystem ?? DiskFileSystem.Instance;
        _time = time ?? TimeProvider.System;
        _threads = threads ?? Environment.ProcessorCount;
        _workers = workers ?? new StorageThreads();
    }

    /// <summary>Hashes a share.</summary>
    /// <param name="request">What to publish.</param>
    /// <param name="progress">Told about ten times a second, and at the end; from any thread.</param>
    /// <param name="cancellationToken">Ends it within one read.</param>
    /// <exception cref="P2PShareException">PathNotFound, FileUnreadable, FileChanged, EmptyShare, DuplicateShareName, InvalidName, UnsafePath, InvalidMetadata.</exception>
    public async Task<HashedShare> HashAsync(PublishRequest request, IProgress<PublishProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        PublishScan? scan = null;
        await _workers.RunAsync(1, token => scan = PublishScan.Run(request, _fileSystem, token), cancellationToken).ConfigureAwait(false);

        ScannedFile[] files = [.. scan!.Files.Values];
        var pieceLength = PieceLength.ForSize(files.Sum(file => file.Length));
        FileHash[] hashes = [.. files.Where(file => file.Length > 0).Select(file => new FileHash(file, pieceLength, _fileSystem))];
        var meter = new PublishMeter(progress, _time, files.Sum(file => file.Length), files.Length);
        meter.AddFiles(files.Length - hashes.Length);
        var queue = new PartQueue(hashes, PartSize);
        await _workers.RunAsync(Math.Max(1, Math.Min(_threads, queue.PartCount)), token => Hash(queue, meter, token), cancellationToken).ConfigureAwait(false);

        var share = Assemble(request, scan, hashes, pieceLength);
        meter.ReportEnd();
        return share;
    }

    private static void Hash(PartQueue queue, PublishMeter meter, CancellationToken cancellationToken)
    {
        var hasher = new PieceHasher();
        while (queue.TryTake(out var file, out var firstPiece, out var pieceCount))
        {
            meter.CurrentFile = file.File;
            if (file.HashPart(hasher, firstPiece, pieceCount, meter.OnRead, cancellationToken)) meter.AddFiles(1);
        }
    }

    private static HashedShare Assemble(PublishRequest request, PublishScan scan, FileHash[] hashes, int pieceLength)
    {
        try
        {
            var roots = hashes.ToDictionary(hash => hash.File, hash => hash.Root());
            var builder = new TorrentInfoBuilder(request.Name, pieceLength);
            foreach (var file in scan.Files.Values) builder.AddFile(file.Components, file.Length, roots.GetValueOrDefault(file));
            var info = builder.Build();

            var layers = new Dictionary<Hash256, ReadOnlyMemory<byte>>();
            foreach (var hash in hashes.Where(hash => hash.Shape.HasPieceLayer)) layers[roots[hash.File]] = hash.Layer;
            ScannedFile[] ordered = [.. info.Files.Select(file => scan.Files[file.ToString()])];
            var attributes = ShareAttributes.Build(ordered.Select(file => new EntryAttributes(file.ModifiedNs, file.Mode)), scan.Directories);
            return new HashedShare(
                info, PieceLayers.Create(info, layers), attributes,
                [.. ordered.Select(file => new SourceFile(file.FullPath, file.Length, file.ModifiedNs))]);
        }
        catch (Exception error) when (error is MetainfoException or ArgumentException)
        {
            // A name both file and folder, or more files than anyone may receive.
            throw new P2PShareException(
                ErrorKind.InvalidData, ErrorIds.InvalidMetadata, $"'{DisplayName.Escape(request.Name)}' cannot be published: {DisplayName.Escape(error.Message)}",
                request.Name, "Publish it as several shares.", error);
        }
    }

    /// <summary>Hands out the parts of all files, in order.</summary>
    private sealed class PartQueue(FileHash[] files, int partSize)
    {
        private readonly Lock _lock = new();
        private int _file;
        private int _piece;

        public int PartCount { get; } = (int)Math.Min(int.MaxValue, files.Sum(file => (file.File.Length + partSize - 1) / partSize));

        public bool TryTake(out FileHash file, out int firstPiece, out int pieceCount)
        {
            lock (_lock)
            {
                if (_file == files.Length)
                {
                    (file, firstPiece, pieceCount) = (null!, 0, 0);
                    return false;
                }

                file = files[_file];
                firstPiece = _piece;
                var total = (int)file.Shape.PieceCount;
                pieceCount = Math.Min(Math.Max(1, partSize / file.Shape.PieceLength), total - firstPiece);
                _piece += pieceCount;
                if (_piece == total) (_file, _piece) = (_file + 1, 0);
                return true;
            }
        }
    }
}
