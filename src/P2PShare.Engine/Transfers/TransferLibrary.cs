using System.Text.Json;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>
/// The transfers of a peer as they are written down between runs: for each a .json file, and beside it the metadata as a
/// .torrent file and the attributes, as soon as they are known; small attributes stand in it. Every file is replaced atomically. Thread-safe.
/// </summary>
internal sealed class TransferLibrary(string folder)
{
    private const string Description = ".json";
    private const string Metadata = ".torrent";
    private const string Attributes = ".attributes";

    // Creating and renaming a file costs more than writing some kilobytes into one that is written anyway.
    private const int MaxInside = 16 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _written = [];

    /// <summary>Writes a transfer down, unless a later state of it has been.</summary>
    /// <param name="order">A number taken before the state was looked at, growing with each: two threads may look in one order and write in the other.</param>
    /// <exception cref="IOException">The state directory cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The state directory cannot be written.</exception>
    public void Save(StoredTransfer transfer, TorrentInfo? info, PieceLayers? layers, ReadOnlyMemory<byte>? attributes, long order)
    {
        lock (_lock)
        {
            if (_written.TryGetValue(transfer.TransferId, out var last) && last > order) return;
            _written[transfer.TransferId] = order;
            Directory.CreateDirectory(folder);
            // The description comes last: it stands for the rest.
            if (info is not null && layers is not null) Replace(transfer.TransferId + Metadata, new TorrentMetainfo(info, layers).ToBytes());
            if (attributes is { Length: <= MaxInside } small) transfer = transfer with { Attributes = small.ToArray() };
            else if (attributes is { } blob) Replace(transfer.TransferId + Attributes, blob.ToArray());
            Replace(transfer.TransferId + Description, JsonSerializer.SerializeToUtf8Bytes(transfer, StoredTransferJson.Default.StoredTransfer));
        }
    }

    public void Forget(string transferId)
    {
        lock (_lock)
        {
            foreach (var ending in (string[])[Description, Metadata, Attributes])
            {
                try
                {
                    File.Delete(Path.Combine(folder, transferId + ending));
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    // What is left is found wanting at the next start.
                }
            }
        }
    }

    /// <summary>All that was written down; what is damaged is left out and told.</summary>
    public IReadOnlyList<LibraryEntry> Load(Action<string> warn)
    {
        if (!Directory.Exists(folder)) return [];
        var entries = new List<LibraryEntry>();
        foreach (var path in Directory.EnumerateFiles(folder, "*" + Description).Order(StringComparer.Ordinal))
        {
            try
            {
                if (Read(path) is { } entry) entries.Add(entry);
                else warn($"'{path}' is damaged; what it describes is not taken up again.");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or ProtocolException)
            {
                warn($"'{path}' cannot be used: {error.Message}");
            }
        }

        return entries;
    }

    private LibraryEntry? Read(string path)
    {
        var stored = JsonSerializer.Deserialize(File.ReadAllBytes(path), StoredTransferJson.Default.StoredTransfer);
        if (stored?.ToDescriptor() is not { } descriptor || stored.TransferId != Path.GetFileNameWithoutExtension(path)) return null;
        if (ReadBeside(stored.TransferId + Metadata) is not { } metadata) return new LibraryEntry(stored, descriptor, null, null, null);
        // Our own file: as large as a share may be, not as a .torrent from outside may be.
        var limits = MetainfoLimits.Default with { MaxTorrentBytes = int.MaxValue };
        var torrent = TorrentMetainfo.Parse(metadata, limits);
        if (torrent.Info.InfoHash != descriptor.InfoHash) return null;
        var blob = stored.Attributes ?? ReadBeside(stored.TransferId + Attributes);
        var attributes = blob is null ? null : ShareAttributes.Parse(blob, torrent.Info.Files.Count);
        return new LibraryEntry(stored with { Attributes = null }, descriptor, torrent.Info, torrent.PieceLayers, attributes);
    }

    private byte[]? ReadBeside(string name)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? File.ReadAllBytes(path) : null;
    }

    private void Replace(string name, byte[] content)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path + ".new", content);
        File.Move(path + ".new", path, overwrite: true);
    }
}
