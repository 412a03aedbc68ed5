using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>Makes the storage of a transfer that receives.</summary>
internal interface ITransferStorage
{
    /// <summary>Opens or goes on with the files of a download; what is there already is verified.</summary>
    /// <param name="attributes">Times, modes and folders; null when there are none.</param>
    /// <param name="checkedBytes">Gets the number of bytes verified so far.</param>
    /// <exception cref="Errors.P2PShareException">FileExists, DestinationUnusable, DiskFull, UnsafePath.</exception>
    Task<OpenedStorage> OpenAsync(
        TransferDescriptor descriptor, TorrentInfo info, PieceLayers layers, ShareAttributes? attributes, IProgress<long> checkedBytes, CancellationToken cancellationToken);
}
