using System.Buffers.Binary;
using System.Collections;
using System.Security.Cryptography;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>The files of a share that is being received: what they are called, and the opening of them.</summary>
internal sealed class PartialFiles : IFileOpener, IEnumerable<PartialFile>
{
    private readonly PartialFile[] _files;
    private readonly SafePath _paths;
    private readonly FileHandleCache _handles;

    public PartialFiles(TorrentInfo info, SafePath paths, DestinationFolder destination, IReadOnlyList<int>? wanted, FileHandleCache handles)
    {
        Info = info;
        _paths = paths;
        Destination = destination;
        _handles = handles;
        IsAllWanted = wanted is null;
        var chosen = wanted?.ToHashSet();
        if (chosen is not null && chosen.Any(index => index < 0 || index >= info.Files.Count))
            throw new ArgumentOutOfRangeException(nameof(wanted), "The share has no such file.");
        _files = [.. info.Files.Select(file => new PartialFile(file, chosen?.Contains(file.Index) ?? true))];
    }

    public TorrentInfo Info { get; }

    public DestinationFolder Destination { get; }

    /// <summary>The path of the share's own file or folder below the destination.</summary>
    public string RootPath => _paths.Root;

    /// <summary>Whether the share is one file in the destination itself.</summary>
    public bool IsSingleFile => _paths.IsSingleFile;

    /// <summary>Whether the whole share is received, its empty folders included.</summary>
    public bool IsAllWanted { get; }

    /// <summary>Whether files are being renamed, so that one may be under either name.</summary>
    public bool IsCompleting { get; set; }

    public PartialFile this[int index] => _files[index];

    /// <summary>The folders of the share, by the attributes it was opened with.</summary>
    public SafePath Paths => _paths;

    /// <summary>Whether two files stand in one folder.</summary>
    public bool AreTogether(PartialFile first, PartialFile second) => _paths.AreTogether(first.File.Index, second.File.Index);

    /// <summary>The file's own path below the destination.</summary>
    public string FinalPath(PartialFile file) => _paths.FilePath(file.File.Index);

    /// <summary>The path of its partial file: in the same folder, under a name that is short and no file of any share has.</summary>
    public string PartialPath(PartialFile file) => PartialPath(file, FinalPath(file));

    /// <inheritdoc cref="PartialPath(PartialFile)"/>
    /// <param name="file">The file.</param>
    /// <param name="final">Its own path.</param>
    public string PartialPath(PartialFile file, string final)
    {
        Span<byte> seed = stackalloc byte[Hash256.Size + sizeof(int)];
        Info.InfoHash.Value.CopyTo(seed);
        BinaryPrimitives.WriteInt32BigEndian(seed[Hash256.Size..], file.File.Index);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(seed, digest);
        Span<char> name = stackalloc char[SafeName.PartialPrefix.Length + 16 + SafeName.PartialSuffix.Length];
        SafeName.PartialPrefix.CopyTo(name);
        Convert.TryToHexStringLower(digest[..8], name[SafeName.PartialPrefix.Length..], out _);
        SafeName.PartialSuffix.CopyTo(name[^SafeName.PartialSuffix.Length..]);
        return string.Concat(final.AsSpan(0, final.LastIndexOf('/') + 1), name);
    }

    /// <summary>The absolute path the user knows the file by.</summary>
    public string DisplayPath(PartialFile file) => Destination.PathOf(FinalPath(file));

    public FileHandleCache.Lease Acquire(PartialFile file) => _handles.Acquire(this, file.File.Index);

    public void Close(PartialFile file) => _handles.Evict(this, file.File.Index);

    public void CloseAll() => _handles.EvictAll(this);

    public IStorageFile OpenFile(int index)
    {
        var file = _files[index];
        switch (file.State)
        {
            case PartialFileState.Final:
                return Destination.OpenRead(FinalPath(file));
            case PartialFileState.Partial:
                try
                {
                    return SetLength(file, Destination.OpenWrite(PartialPath(file)));
                }
                catch (Exception error) when (IsCompleting && error is FileNotFoundException or Errors.P2PShareException)
                {
                    return Destination.OpenRead(FinalPath(file));
                }

            default:
                var open = Destination.OpenOrCreate(PartialPath(file), out var isNew);
                // A new file of one piece is as long as what is written to it.
                if (!isNew || file.File.PieceCount > 1) open = SetLength(file, open);
                file.State = PartialFileState.Partial;
                return open;
        }
    }

    public IEnumerator<PartialFile> GetEnumerator() => ((IEnumerable<PartialFile>)_files).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static IStorageFile SetLength(PartialFile file, IStorageFile open)
    {
        try
        {
            var length = open.State.Length;
            // A file of one piece gets its length by being written, and thousands of those are one call cheaper each.
            if (length > file.File.Length || (length < file.File.Length && file.File.PieceCount > 1)) open.SetSparseLength(file.File.Length);
            return open;
        }
        catch
        {
            open.Dispose();
            throw;
        }
    }
}
