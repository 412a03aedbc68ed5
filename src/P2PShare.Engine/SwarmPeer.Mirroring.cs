using P2PShare.Engine.Errors;
using P2PShare.Engine.Mirroring;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transfers;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine;

// Standing copies: shares whose names match are received as they appear, and their newer versions in their place.
internal sealed partial class SwarmPeer
{
    // Changes come in crowds; between two looks at the catalogue there is a pause.
    private static readonly TimeSpan MirrorPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MirrorLook = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstMirrorRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestMirrorRetry = TimeSpan.FromHours(1);

    private readonly CancellationTokenSource _mirrorStopping = new();
    private readonly Dictionary<(PeerId Publisher, string Name), (long Since, bool WasThere)> _mirrorMissing = [];
    private readonly Dictionary<InfoHash, (long At, TimeSpan Delay)> _mirrorRetries = [];

    // What its user does not want to offer here is not fetched again behind his back, in this run.
    private readonly System.Collections.Concurrent.ConcurrentDictionary<InfoHash, bool> _mirrorUnwanted = new();
    private Task _mirroring = Task.CompletedTask;

    private void StartMirroring()
    {
        if (_mirror is { } rule) _mirroring = Task.Run(() => MirrorAsync(rule, new MirrorPlaces(_state.Path, rule.Folder)));
    }

    private async Task StopMirroringAsync()
    {
        await _mirrorStopping.CancelAsync().ConfigureAwait(false);
        await _mirroring.ConfigureAwait(false);
    }

    private async Task MirrorAsync(MirrorRule rule, MirrorPlaces places)
    {
        var token = _mirrorStopping.Token;
        try
        {
            await _membership.CatalogueReady.WaitAsync(token).ConfigureAwait(false);
            // Started together, peers come in one after the other; whoever holds a copy already should be seen before another is made.
            if (rule.Copies is not null) await Task.Delay(_options.MirrorPatience / 6, _time, token).ConfigureAwait(false);
            while (true)
            {
                var changed = _membership.HoldersChangedAsync(token);
                var next = await MirrorDueAsync(rule, places, token).ConfigureAwait(false);
                try
                {
                    await changed.WaitAsync(next, _time, token).ConfigureAwait(false);
                }
                catch (TimeoutException)
                {
                    // Something is due.
                }

                await Task.Delay(MirrorPause, _time, token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    /// <summary>Begins what is due.</summary>
    /// <returns>How long until something else may be.</returns>
    private async Task<TimeSpan> MirrorDueAsync(MirrorRule rule, MirrorPlaces places, CancellationToken token)
    {
        var next = MirrorLook;
        var shares = _store.Shares
            .Where(record => record.Owner != _identity.PeerId && !record.IsWithdrawn && rule.Covers(record.Name))
            .GroupBy(record => (record.Owner, record.Name))
            .Select(name => name.OrderByDescending(record => record.Version).SkipWhile(record => !_verifier.IsGenuine(record)).ToList())
            .Where(versions => versions is [var newest, ..] && places.MayFollow(newest.Owner, newest.Name, newest.Version))
            .ToList();
        // Whose a name is must be written down before anything is received there.
        foreach (var versions in shares) places.FolderOf(versions[0].Owner, versions[0].Name);
        SavePlaces(places);
        foreach (var versions in shares)
        {
            try
            {
                var wait = await MirrorAsync(rule, places, versions[0], versions, token).ConfigureAwait(false);
                if (wait < next) next = wait;
            }
            catch (P2PShareException error)
            {
                Warn($"No copy of '{DisplayName.Escape(versions[0].Name)}' is kept for now: {DisplayName.Escape(error.Message)}", error.ErrorId);
                _mirrorRetries.TryAdd(versions[0].InfoHash, (_time.GetTimestamp(), FirstMirrorRetry));
            }
        }

        SavePlaces(places);
        return next;
    }

    private void SavePlaces(MirrorPlaces places)
    {
        try
        {
            places.Save();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Warn($"The copies that are kept cannot be written down: {DisplayName.Escape(error.Message)}", ErrorIds.StateDirectoryUnusable);
        }
    }

    private async Task<TimeSpan> MirrorAsync(MirrorRule rule, MirrorPlaces places, ShareRecord newest, List<ShareRecord> versions, CancellationToken token)
    {
        var share = newest.InfoHash;
        var folder = places.FolderOf(newest.Owner, newest.Name);
        if (MirroredIn(folder, share) is { } existing)
        {
            // What its user suspended or stopped is the user's; what an error ended is tried again, ever more rarely.
            var state = existing.GetSnapshot().State;
            var isFaulted = state == TransferState.Failed || (state == TransferState.Suspended && !existing.Descriptor.IsSuspended);
            if (!isFaulted) _mirrorRetries.Remove(share);
            else if (RetryIn(share) is { } faulted) return faulted;
            else if (state == TransferState.Suspended) await existing.ResumeAsync(token).ConfigureAwait(false);
            else await BeginMirrorAsync(places, newest, token).ConfigureAwait(false);
            return MirrorLook;
        }

        if (_mirrorRetries.ContainsKey(share) && RetryIn(share) is { } wait) return wait;

        if (_mirrorUnwanted.ContainsKey(share) || _membership.HoldersOf(share).Count == 0) return MirrorLook;
        var older = versions.Where(version => version != newest).Select(version => MirroredIn(folder, version.InfoHash)).OfType<Transfer>().ToList();
        // Who keeps a copy keeps it up to date, however many others there are.
        if (rule.Copies is { } copies && older.Count == 0 && WaitForOthers(copies, newest, versions) is var others && others > TimeSpan.Zero) return others;
        foreach (var superseded in older.Where(transfer => !transfer.IsComplete)) await superseded.StopAsync(keepPartial: false, token).ConfigureAwait(false);
        await BeginMirrorAsync(places, newest, token).ConfigureAwait(false);
        return MirrorLook;
    }

    private async Task BeginMirrorAsync(MirrorPlaces places, ShareRecord record, CancellationToken token)
    {
        places.Follow(record.Owner, record.Name, record.Version);
        var request = new ReceiveRequest
        {
            InfoHash = record.InfoHash.ToString(),
            Destination = places.FolderOf(record.Owner, record.Name),
            ReplaceReceived = true,
        };
        await ReceiveShareAsync(request, record, token).ConfigureAwait(false);
    }

    private Transfer? MirroredIn(string folder, InfoHash share) =>
        _transfers.Find(share).FirstOrDefault(transfer => !transfer.IsPublished && transfer.Descriptor.Files is null && transfer.Descriptor.Destination == folder);

    /// <summary>How long other peers are left to keep a copy before this one does; zero when it is its turn.</summary>
    private TimeSpan WaitForOthers(int copies, ShareRecord newest, List<ShareRecord> versions)
    {
        var present = _membership.View.Present;
        // Who holds an older version follows, too.
        HashSet<PeerId> holders = [.. versions.SelectMany(version => _store.HoldersOf(version.InfoHash)).Select(holder => holder.Peer).Where(peer => peer != newest.Owner && present.Contains(peer))];
        var key = (newest.Owner, newest.Name);
        var missing = copies - holders.Count;
        if (missing <= 0)
        {
            _mirrorMissing[key] = (0, true);
            return MirrorLook;
        }

        if (!_mirrorMissing.TryGetValue(key, out var known) || known.Since == 0) _mirrorMissing[key] = known = (_time.GetTimestamp(), known.WasThere);
        var candidates = present.Where(peer => peer != newest.Owner && !holders.Contains(peer) && _store.FindPeer(peer)?.Details.Roles.HasFlag(PeerRoles.KeepsCopies) == true);
        var rank = MirrorChoice.Rank(_identity.PeerId, candidates, newest.Owner, newest.Name);
        var left = MirrorChoice.Delay(rank, missing, known.WasThere, _options.MirrorPatience) - _time.GetElapsedTime(known.Since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>How long until a failed copy is tried again; null when it is time.</summary>
    private TimeSpan? RetryIn(InfoHash share)
    {
        if (!_mirrorRetries.TryGetValue(share, out var retry)) _mirrorRetries[share] = retry = (_time.GetTimestamp(), FirstMirrorRetry);
        var left = retry.Delay - _time.GetElapsedTime(retry.At);
        if (left > TimeSpan.Zero) return left;
        _mirrorRetries[share] = (_time.GetTimestamp(), retry.Delay * 2 < LongestMirrorRetry ? retry.Delay * 2 : LongestMirrorRetry);
        return null;
    }

    /// <summary>Whether a transfer is one of the standing copies.</summary>
    private bool IsMirrored(Transfer transfer) =>
        _mirror is { } rule && transfer is { IsPublished: false, Descriptor: { ReplaceReceived: true, Files: null } } && transfer.Descriptor.Destination is var place
        && (place == rule.Folder || Path.GetDirectoryName(place) == rule.Folder);

    /// <summary>A newer version stands in its place now: what only the older one had, and nobody has changed, goes.</summary>
    private static void RemoveLeftBehind(Transfer older, Transfer newer)
    {
        var place = newer.GetSnapshot().FullName;
        if (FilesOf(older) is not { } files || FilesOf(newer) is not { } kept || !Directory.Exists(place)) return;
        var stays = kept.Select(file => file.FullPath).ToHashSet(StringComparer.Ordinal);
        var emptied = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (file.FullPath is null || stays.Contains(file.FullPath) || !IsUnchanged(file) || LeadsElsewhere(file.FullPath, place)) continue;
            try
            {
                File.Delete(file.FullPath);
                emptied.Add(Path.GetDirectoryName(file.FullPath)!);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A file too many does less harm than a copy that is not kept.
            }
        }

        foreach (var folder in emptied.OrderByDescending(path => path.Length)) RemoveEmpty(folder, place);
    }

    private static void RemoveEmpty(string folder, string place)
    {
        while (folder.Length > place.Length && folder.StartsWith(place, StringComparison.Ordinal))
        {
            try
            {
                if (!Directory.Exists(folder) || Directory.EnumerateFileSystemEntries(folder).Any()) return;
                Directory.Delete(folder);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return;
            }

            folder = Path.GetDirectoryName(folder)!;
        }
    }

    // Somebody has put a link where a received file or folder was: what is behind it is not ours.
    private static bool LeadsElsewhere(string path, string place)
    {
        for (var at = path; at.Length > place.Length; at = Path.GetDirectoryName(at)!)
            if (new FileInfo(at).LinkTarget is not null) return true;
        return new DirectoryInfo(place).LinkTarget is not null;
    }
}
