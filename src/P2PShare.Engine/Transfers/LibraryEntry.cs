using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>A transfer of an earlier run, read back; its metadata are null when they were not known yet.</summary>
internal sealed record LibraryEntry(StoredTransfer Stored, TransferDescriptor Descriptor, TorrentInfo? Info, PieceLayers? Layers, ShareAttributes? Attributes);
