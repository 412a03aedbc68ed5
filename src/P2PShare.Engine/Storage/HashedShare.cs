using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>A share as it was when it was hashed: all that is needed to announce and to serve it.</summary>
/// <param name="Info">Its info dictionary.</param>
/// <param name="Layers">The hashes of all its pieces.</param>
/// <param name="Attributes">Times and modes of its files and folders.</param>
/// <param name="Files">Where its files are, in the order of <see cref="TorrentInfo.Files"/>.</param>
internal sealed record HashedShare(TorrentInfo Info, PieceLayers Layers, ShareAttributes Attributes, IReadOnlyList<SourceFile> Files);
