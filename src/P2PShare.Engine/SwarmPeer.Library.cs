using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transfers;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine;

// Shares and transfers from one run to the next.
internal sealed partial class SwarmPeer
{
    private readonly CancellationTokenSource _verifyStopping = new();
    private readonly List<(LibraryEntry Entry, SourceFile[] Files)> _toVerify = [];
    private Task _verifying = Task.CompletedTask;
    private long _lookedAt;

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

        if (_toVerify.Count > 0) _verifying = Task.Run(VerifyAsync);
    }

    // In the background, one share after the other: each is offered when it has been read again and found right.
    private async Task VerifyAsync()
    {
        foreach (var (entry, files) in _toVerify)
        {
            try
            {
                if (await SourceCheck.FindChangedAsync(entry.Info!, files, _options.FileSystem, _verifyStopping.Token).ConfigureAwait(false) is { } changed) NotServed(entry, changed);
                else Serve(entry, files);
            }
            catch (P2PShareException error)
            {
                Warn(DisplayName.Escape(error.Message), error.ErrorId);
            }
            catch (OperationCanceledException)
            {
                // The peer is stopping; the next run looks again.
                return;
            }
        }
    }

    private async Task StopVerifyingAsync()
    {
        await _verifyStopping.CancelAsync().ConfigureAwait(false);
        await _verifying.ConfigureAwait(false);
    }

    private void Restore(LibraryEntry entry)
    {
        _membership.Preload(entry.Stored.Records.Select(DecodeRecord).OfType<SignedEntry>());
        if (_store.IsWithdrawn(entry.Descriptor.InfoHash) && entry.Stored.Sources is { } withdrawn)
        {
            if (entry.Stored is { IsPublished: false, ReplaceReceived: true }) _receivedFiles.Add(withdrawn.Select(file => file.ToSourceFile()));
            else Forget(entry.Stored.TransferId);
            return;
        }

        if (entry is not { Stored.Sources: { } sources, Info: not null, Layers: not null })
        {
            if (!entry.Stored.IsPublished) _transfers.StartReceive(entry.Descriptor, entry.Info, entry.Layers, entry.Attributes);
            return;
        }

        SourceFile[] files = [.. sources.Select(file => file.ToSourceFile())];
        if (Array.FindIndex(files, file => !IsUnchanged(file)) is var changed and >= 0)
        {
            NotServed(entry, files[changed].FullPath);
            return;
        }

        if (entry.Stored.SeedUntil is { } end && end <= UtcNow)
        {
            Forget(entry.Stored.TransferId);
            return;
        }

        if (_options.Verify) _toVerify.Add((entry, files));
        else Serve(entry, files);
    }

    private void Serve(LibraryEntry entry, SourceFile[] files)
    {
        _localFiles.Add(entry.Info!, [.. files.Select(file => file.FullPath)]);
        if (!entry.Stored.IsPublished) _receivedFiles.Add(files);
        // Meanwhile it may have been published anew, or begun to be received to the same place.
        if (_transfers.Get(entry.Descriptor.TransferId) is not null) return;
        var seed = _transfers.AddSeed(entry.Descriptor, entry.Layers!, entry.Attributes, new SourceStorage(entry.Info!, entry.Layers!, files, _handles), entry.Stored.FullName, entry.Stored.IsPublished);
        if (entry.Stored.SeedUntil is { } until) _ = EndSeedingAsync(seed, until - UtcNow);
    }

    private void NotServed(LibraryEntry entry, string changed)
    {
        Warn($"'{DisplayName.Escape(entry.Descriptor.Name)}' is not served any more: '{DisplayName.Escape(changed)}' has changed or is gone. Publish or receive it again.", ErrorIds.FileChanged);
        Forget(entry.Stored.TransferId);
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
        var order = Interlocked.Increment(ref _lookedAt);
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
            SeedUntil = transfer is { IsComplete: true, Descriptor.SeedFor: { } time } ? UtcNow + time : null,
            Sources = sources?.Select(StoredFile.Of).ToList(),
            Records = [.. entries.Select(entry => Convert.ToBase64String(entry.Encode()))],
        };
        try
        {
            _library.Save(stored, transfer.Info, transfer.Layers, transfer.AttributesBlob, order);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Warn($"'{DisplayName.Escape(transfer.Descriptor.Name)}' cannot be remembered for the next start: {DisplayName.Escape(error.Message)}", ErrorIds.StateDirectoryUnusable);
        }
    }
}
