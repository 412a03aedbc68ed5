using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>What a <see cref="PartialStorage"/> is to receive, and where to.</summary>
internal sealed record PartialStorageOptions
{
    /// <summary>64 MiB.</summary>
    public const long DefaultFlushInterval = 64 * 1024 * 1024;

    public required TorrentInfo Info { get; init; }

    /// <summary>The hashes of all its pieces.</summary>
    public required PieceLayers Layers { get; init; }

    /// <summary>The folder to receive into; created when missing.</summary>
    public required string Destination { get; init; }

    /// <summary>The file that remembers what is on disk; its folder is created when missing.</summary>
    public required string ResumePath { get; init; }

    /// <summary>The share's folders; null when they are not known. Without them a folder that holds only a file of its own name cannot be told from that file.</summary>
    public ShareAttributes? Attributes { get; init; }

    /// <summary>Indices of the files wanted; null for all, and for the share's empty folders.</summary>
    public IReadOnlyList<int>? Files { get; init; }

    /// <summary>Whether existing files of other content are replaced, at completion; otherwise they are FileExists.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Decides about a single existing file of other content, by its absolute path, when not all are replaced; null replaces none.</summary>
    public Func<string, FileEntry, bool>? MayReplace { get; init; }

    /// <summary>Tells whether an existing file is one that was received before, by its absolute path; null: none is.</summary>
    public Func<string, FileEntry, bool>? WasReceived { get; init; }

    /// <summary>Whether any existing file is FileExists, even one that would verify.</summary>
    public bool NoClobber { get; init; }

    /// <summary>Where files are kept open; null for an own cache.</summary>
    public FileHandleCache? Handles { get; init; }

    /// <summary>For retries and the rate of progress reports.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public IStorageFileSystem FileSystem { get; init; } = DiskFileSystem.Instance;

    /// <summary>How many threads verify at most.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The threads that read, flush and rename.</summary>
    public StorageThreads Workers { get; init; } = new();

    /// <summary>After how many bytes written they are flushed.</summary>
    public long FlushInterval { get; init; } = DefaultFlushInterval;

    /// <summary>Whether what stands at a path may give way.</summary>
    public bool IsReplaceable(string path, FileEntry entry) => Overwrite || MayReplace?.Invoke(path, entry) == true;
}
