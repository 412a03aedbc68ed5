using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transfers;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine;

// Shares and transfers from one run to the next.
internal sealed partial class SwarmPeer
{
    private void Restore()
    {
        if (!_options.Resume) return;
        foreach (var entry in _library.Load(message => Warn(DisplayName.Escape(message), ErrorIds.StateDirectoryUnusable)))
        {
            try
            {
                Restore(entry);
            }
            catch (P2PShareException error)
            {
                Warn(DisplayName.Escape(error.Message), error.ErrorId);
            }
        }
    }

    private void Restore(LibraryEntry entry)
    {
        _membership.Preload(entry.Stored.Records.Select(DecodeRecord).OfType<SignedEntry>());
        if (_store.IsWithdrawn(entry.Descriptor.InfoHash) && entry.Stored.Sources is { } withdrawn)
        {
            if (entry.Stored is { IsPublished: false, ReplaceReceived: true }) _receivedFiles.Add(withdrawn.Select(file => new SourceFile(file.Path, file.Length, file.ModifiedNs)));
            else _library.Forget(entry.Stored.TransferId);
            return;
        }

        if (entry is not { Stored.Sources: { } sources, Info: { } info, Layers: { } layers })
        {
            if (!entry.Stored.IsPublished) _transfers.StartReceive(entry.Descriptor, entry.Info, entry.Layers, entry.Attributes);
            return;
        }

        SourceFile[] files = [.. sources.Select(file => new SourceFile(file.Path, file.Length, file.ModifiedNs))];
        if (Array.FindIndex(files, file => !IsUnchanged(file)) is var changed and >= 0)
        {
            Warn($"'{DisplayName.Escape(entry.Descriptor.Name)}' is not served any more: '{DisplayName.Escape(files[changed].FullPath)}' has changed or is gone. Publish or receive it again.", ErrorIds.FileChanged);
            _library.Forget(entry.Stored.TransferId);
            return;
        }

        _localFiles.Add(info, [.. files.Select(file => file.FullPath)]);
        if (!entry.Stored.IsPublished) _receivedFiles.Add(files);
        _transfers.AddSeed(entry.Descriptor, layers, entry.Attributes, new SourceStorage(info, layers, files, _handles), entry.Stored.FullName, entry.Stored.IsPublished);
    }

    private static bool IsUnchanged(SourceFile source)
    {
        var file = new FileInfo(source.FullPath);
        return file.Exists && file.Length == source.Length && file.LastWriteTimeUtc == UnixNanoseconds.ToDateTime(source.ModifiedNs);
    }

    private static SignedEntry? DecodeRecord(string text)
    {
        try
        {
            return SignedEntry.Parse(Convert.FromBase64String(text));
        }
        catch (Exception error) when (error is FormatException or ProtocolException)
        {
            return null;
        }
    }

    /// <summary>Writes a transfer down as it stands now.</summary>
    private void Remember(Transfer transfer)
    {
        var share = transfer.InfoHash;
        var records = _store.SharesOf(share);
        IEnumerable<SignedEntry> entries = [
            .. records.Select(record => _store.FindPeer(record.Owner)?.Entry).OfType<SignedEntry>().Distinct(),
            .. records.Select(record => record.Entry)];
        var sources = transfer.IsComplete && transfer.Descriptor.Files is null
            ? (transfer.Storage as PartialStorage)?.CompletedFiles ?? (transfer.Storage as SourceStorage)?.Files
            : null;
        var stored = StoredTransfer.Of(transfer.Descriptor) with
        {
            IsPublished = transfer.IsPublished,
            FullName = transfer.GetSnapshot().FullName,
            Sources = sources?.Select(file => new StoredFile(file.FullPath, file.Length, file.ModifiedNs)).ToList(),
            Records = [.. entries.Select(entry => Convert.ToBase64String(entry.Encode()))],
        };
        try
        {
            _library.Save(stored, transfer.Info, transfer.Layers, transfer.AttributesBlob);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Warn($"'{DisplayName.Escape(transfer.Descriptor.Name)}' cannot be remembered for the next start: {DisplayName.Escape(error.Message)}", ErrorIds.StateDirectoryUnusable);
        }
    }
}
