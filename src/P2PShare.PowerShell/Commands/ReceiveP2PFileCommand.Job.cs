using System.Management.Automation;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

// -AsJob: what is asked for is looked up, and the user asked, before the job begins; a job has nobody to ask.
public sealed partial class ReceiveP2PFileCommand
{
    private const int ConcurrentChildren = 8;

    /// <summary>Returns a job with a child for each share instead of waiting.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private void StartJob(IReadOnlyList<(LocalPeer Peer, IReadOnlyList<ReceiveItem> Items)> work)
    {
        var children = work.SelectMany(w => Resolve(w.Peer, w.Items).Select(r => Child(w.Peer, r.Name, r.Item))).ToList();
        if (children.Count == 0) return;
        var job = new TransferJob(MyInvocation.Line.Trim(), children, ConcurrentChildren);
        JobRepository.Add(job);
        job.Start();
        WriteObject(job);
    }

    private TransferWork Child(LocalPeer peer, string name, ReceiveItem item)
    {
        var work = CreateWork();
        return new TransferWork(
            name,
            peer.PeerId,
            async (output, token) =>
            {
                using (work) await work.RunAsync([(peer, [item])], output, token).ConfigureAwait(false);
            },
            work.Sample,
            () => work.FirstTransferId);
    }

    private List<(string Name, ReceiveItem Item)> Resolve(LocalPeer peer, IReadOnlyList<ReceiveItem> items)
    {
        var resolved = new List<(string, ReceiveItem)>();
        foreach (var item in items.Where(i => i.TorrentPath is not null))
            if (ShouldProcess(item.TorrentPath, $"Receive in plain BitTorrent into '{_destination}'")) resolved.Add((Path.GetFileName(item.TorrentPath!), item));
        var shares = items.Where(i => i.TorrentPath is null).ToList();
        if (shares.Count == 0 || WaitForCatalogues([peer]).Count == 0) return resolved;

        // By info-hash first: what is piped and also matches a name is meant once.
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var group in shares.Where(i => i.InfoHash is not null).GroupBy(i => i.InfoHash!, StringComparer.OrdinalIgnoreCase))
        {
            var whole = group.Any(i => i.RelativePaths is null);
            var files = whole ? null : group.SelectMany(i => i.RelativePaths!).Distinct(StringComparer.Ordinal).ToList();
            if (ShareSearch.Find(peer.Engine.GetShares, group.Key, Publisher) is [var share, ..]) Take(share, files);
            else AddMissing(group.Key, group.First() with { RelativePaths = files });
        }

        foreach (var item in shares.Where(i => i.Pattern is not null))
        {
            var found = ShareSearch.Find(peer.Engine.GetShares, item.Pattern!, Publisher);
            if (found.Count == 0)
            {
                AddMissing(item.Pattern!, item);
                continue;
            }

            var selection = ShareSelection.Choose(found);
            foreach (var error in selection.Errors) WriteError(error, item.Pattern);
            foreach (var share in selection.Shares) Take(share, null);
        }

        return resolved;

        void Take(ShareInfo share, IReadOnlyList<string>? files)
        {
            if (!taken.Add(share.InfoHash)) return;
            var what = files is null ? share.Name : $"{share.Name} ({files.Count} of {share.FileCount} files)";
            if (ShouldProcess(what, $"Receive into '{_destination}'")) resolved.Add((share.Name, new ReceiveItem(peer) { InfoHash = share.InfoHash, RelativePaths = files }));
        }

        void AddMissing(string wanted, ReceiveItem item)
        {
            if (!Wait) WriteError(CatalogueErrors.ShareNotFound(wanted), wanted);
            else if (ShouldProcess(wanted, $"Receive into '{_destination}' when it appears")) resolved.Add((wanted, item));
        }
    }
}
