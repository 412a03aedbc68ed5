using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine;

// Snapshots of roster and catalogue.
internal sealed partial class SwarmPeer
{
    private const int FewSignatures = 16;

    public PeerInfo GetSelf() => DescribePeer(_identity.PeerId);

    public IReadOnlyList<PeerInfo> GetPeers() =>
        [.. _membership.View.Present.Select(DescribePeer).OrderBy(peer => peer.Name, StringComparer.OrdinalIgnoreCase).ThenBy(peer => peer.PeerId, StringComparer.Ordinal)];

    public IReadOnlyList<ShareInfo> GetShares(ShareQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var filter = new ShareFilter(query);
        InfoHash? wanted = InfoHash.TryParse(query.InfoHash ?? "", out var hash) ? hash : null;
        if (wanted is null && query.InfoHash is not null) return [];
        var names = wanted is { } share ? _store.SharesOf(share).Select(record => record.Name).ToHashSet() : null;
        var publishers = new Dictionary<PeerId, bool>();
        // What is looked for is checked here, once; of what is not looked for nothing need be believed.
        var candidates = Genuine((names is null ? _store.SharesNamed(filter) : _store.SharesNamed(new ShareFilter(new ShareQuery { LiteralNames = [.. names] })))
            .Where(record => (names is null || names.Contains(record.Name)) && !record.IsWithdrawn && IsPublisher(record.Owner))
            .ToList());
        var newest = new Dictionary<(PeerId, string), long>();
        foreach (var record in candidates)
        {
            var key = (record.Owner, record.Name);
            newest[key] = Math.Max(record.Version, newest.GetValueOrDefault(key));
        }

        var found = new List<ShareInfo>();
        foreach (var record in candidates)
        {
            if ((wanted is { } one && record.InfoHash != one) || !filter.IsName(record.Name)) continue;
            var isNewest = newest.GetValueOrDefault((record.Owner, record.Name)) == record.Version;
            if (!isNewest && !query.AllVersions && query.InfoHash is null) continue;
            var described = DescribeShare(record, isNewest);
            if (described.Copies + described.PartialCopies > 0) found.Add(described);
        }

        return [.. found.OrderBy(share => share.Name, StringComparer.OrdinalIgnoreCase).ThenByDescending(share => share.Version)];

        bool IsPublisher(PeerId peer)
        {
            if (!filter.HasPublisher) return true;
            if (!publishers.TryGetValue(peer, out var isMeant)) publishers[peer] = isMeant = filter.IsPublisher(peer.ToString(), _membership.NameOf(peer));
            return isMeant;
        }
    }

    // A signature takes a tenth of a millisecond to check, so many are checked on all cores.
    private List<ShareRecord> Genuine(List<ShareRecord> records)
    {
        if (records.Count < FewSignatures) return records.FindAll(_verifier.IsGenuine);
        var areGenuine = new bool[records.Count];
        Parallel.For(0, records.Count, i => areGenuine[i] = _verifier.IsGenuine(records[i]));
        return [.. records.Where((_, i) => areGenuine[i])];
    }

    public async Task<IReadOnlyList<ShareInfo>> WaitForSharesAsync(ShareQuery query, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        using var limit = new CancellationTokenSource(timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            while (true)
            {
                var changed = _membership.HoldersChangedAsync(either.Token);
                var shares = GetShares(query);
                if (shares.Count > 0) return shares;
                await changed.ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            ThrowIfStopping();
            var wanted = query.InfoHash ?? string.Join(", ", (query.Names ?? []).Concat(query.LiteralNames ?? []));
            throw new P2PShareException(
                ErrorKind.ObjectNotFound, ErrorIds.ShareNotFound, $"No share '{wanted}' appeared in the swarm '{SwarmName}' within {timeout.TotalSeconds:0} s.", wanted,
                "Check the name, and that the peer that publishes it is in the swarm.");
        }
    }

    public async Task WaitForCopiesAsync(string infoHash, int copies, IProgress<int>? progress, CancellationToken cancellationToken = default)
    {
        var share = ParseInfoHash(infoHash);
        var reported = -1;
        while (true)
        {
            var changed = _membership.HoldersChangedAsync(cancellationToken);
            var present = _membership.View.Present;
            var complete = _store.HoldersOf(share).Count(holder => holder.State == HoldingState.Complete && holder.Peer != _identity.PeerId && present.Contains(holder.Peer));
            if (complete != reported) progress?.Report(reported = complete);
            if (complete >= copies) return;
            try
            {
                await changed.ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw Stopped();
            }
        }
    }

    private static InfoHash ParseInfoHash(string text) => InfoHash.TryParse(text, out var share)
        ? share
        : throw new P2PShareException(ErrorKind.InvalidArgument, ErrorIds.ShareNotFound, $"'{text}' is not an info-hash of 64 hexadecimal digits.", text);

    private PeerInfo DescribePeer(PeerId peer) => DescribePeer(peer, _membership.View);

    private PeerInfo DescribePeer(PeerId peer, RosterView view)
    {
        var record = _store.FindPeer(peer);
        var isLocal = peer == _identity.PeerId;
        var links = _transport.Links;
        return new PeerInfo
        {
            Name = _membership.NameOf(peer),
            PeerId = peer.ToString(),
            // An array, and not what the compiler would make of a list that is only read: PowerShell cannot index that.
            Addresses = record?.Details.Addresses.Select(AddressText.Format).ToArray() ?? [],
            Role = view.RoleOf(peer),
            State = isLocal ? State : view.Present.Contains(peer) ? PeerState.Joined : PeerState.Stopped,
            Version = record?.Details.Software ?? "",
            UploadRate = isLocal ? links.Sum(link => link.SendRate) : links.Where(link => link.Remote == peer).Sum(link => link.ReceiveRate),
            DownloadRate = isLocal ? links.Sum(link => link.ReceiveRate) : links.Where(link => link.Remote == peer).Sum(link => link.SendRate),
            UploadLimit = isLocal ? _transfers.UploadLimit : null,
            DownloadLimit = isLocal ? _transfers.DownloadLimit : null,
            FreeSpace = record?.Details.FreeSpace ?? -1,
            IsLocal = isLocal,
            SwarmName = SwarmName,
            LocalPeerId = PeerId,
        };
    }

    private ShareInfo DescribeShare(ShareRecord record, bool isNewest)
    {
        var details = record.Details;
        var present = _membership.View.Present;
        int copies = 0, partial = 0;
        foreach (var (peer, state) in _store.HoldersOf(details.InfoHash))
        {
            if (!present.Contains(peer)) continue;
            if (state == HoldingState.Complete) copies++;
            else partial++;
        }

        var here = _transfers.Find(details.InfoHash);
        var local = here.FirstOrDefault(transfer => transfer.IsComplete);
        return new ShareInfo
        {
            Name = details.Name,
            InfoHash = details.InfoHash.ToString(),
            Length = details.TotalLength,
            FileCount = details.FileCount,
            Published = DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(record.Version, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())).UtcDateTime,
            Version = record.Version,
            IsNewest = isNewest,
            Publisher = _membership.NameOf(record.Owner),
            PublisherId = record.Owner.ToString(),
            Copies = copies,
            PartialCopies = partial,
            IsLocal = local is not null,
            IsOpen = here.Any(transfer => transfer is { IsComplete: true, IsOpenShare: true }),
            LocalPath = local?.GetSnapshot().FullName,
            SwarmName = SwarmName,
            PeerId = PeerId,
        };
    }
}
