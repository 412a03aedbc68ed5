using P2PShare.Engine.Storage;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>Opens downloads on this machine's disks; their resume states stand in the peer's state directory.</summary>
/// <param name="resumeFolder">Where the resume states stand.</param>
/// <param name="handles">Where files are kept open.</param>
/// <param name="received">What may be replaced where a transfer allows that.</param>
/// <param name="fileSystem">The disks.</param>
/// <param name="flushInterval">After how many bytes a download is flushed.</param>
/// <param name="workers">The threads that read, flush and rename.</param>
/// <param name="time">For retries and the rate of progress reports.</param>
internal sealed class TransferStorage(string resumeFolder, FileHandleCache handles, ReceivedFiles received, IStorageFileSystem fileSystem, long flushInterval, StorageThreads workers, TimeProvider time) : ITransferStorage
{
    public async Task<OpenedStorage> OpenAsync(
        TransferDescriptor descriptor, TorrentInfo info, PieceLayers layers, ShareAttributes? attributes, IProgress<long> checkedBytes, CancellationToken cancellationToken)
    {
        var storage = await PartialStorage.OpenAsync(
            new PartialStorageOptions
            {
                Info = info,
                Layers = layers,
                Attributes = attributes,
                Destination = descriptor.Destination,
                ResumePath = Path.Combine(resumeFolder, descriptor.TransferId + ".resume"),
                Files = descriptor.Files,
                Overwrite = descriptor.Overwrite,
                NoClobber = descriptor.NoClobber,
                // Content that calls itself otherwise than its share would stand in the place of another.
                MayReplace = descriptor.ReplaceReceived && info.Name == descriptor.Name ? received.IsUnchanged : null,
                WasReceived = received.IsReceived,
                Handles = handles,
                FileSystem = fileSystem,
                FlushInterval = flushInterval,
                Workers = workers,
                Time = time,
            },
            new CheckedBytes(checkedBytes),
            cancellationToken).ConfigureAwait(false);
        return new OpenedStorage(storage, storage.FullPath);
    }

    private sealed class CheckedBytes(IProgress<long> target) : IProgress<CheckProgress>
    {
        public void Report(CheckProgress value) => target.Report(value.BytesChecked);
    }
}
