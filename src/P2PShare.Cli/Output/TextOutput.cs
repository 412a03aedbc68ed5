using System.Globalization;
using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Diagnostics;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transfers;

namespace P2PShare.Cli.Output;

/// <summary>Output for people: bars on a terminal, a line now and then where output goes to a file.</summary>
internal sealed class TextOutput(TextWriter output, TextWriter errors) : CliOutput
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    // While bars are on the screen, all else must be written through what draws them.
    private volatile bool _hasBars;

    private static bool IsTerminal => !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";

    public static void WriteError(TextWriter errors, P2PShareException error)
    {
        errors.WriteLine($"p2pshare: {Printable.Text(error.Message)} ({error.ErrorId})");
        if (error.Recommendation is { Length: > 0 } recommendation) errors.WriteLine("  " + Printable.Text(recommendation));
    }

    public override void Started(IPeer peer, bool everything)
    {
        if (!everything) return;
        Say($"Peer {peer.Name} of swarm {peer.SwarmName} listens on port {peer.Port.ToString(CultureInfo.InvariantCulture)}.");
    }

    public override void Event(PeerEvent peerEvent, bool everything)
    {
        switch (peerEvent.Kind)
        {
            case PeerEventKind.Warning or PeerEventKind.PeerRefused or PeerEventKind.PeerUnreachable or PeerEventKind.Isolated:
                Note(peerEvent.Message);
                break;
            case PeerEventKind.TransferProgress or PeerEventKind.Started or PeerEventKind.Stopped:
            // What the command itself has done it tells in its own words.
            case PeerEventKind.SharePublished when peerEvent.Share is { } share && share.PublisherId == share.PeerId:
                break;
            default:
                if (everything) Say($"{peerEvent.Time.ToLocalTime():HH:mm:ss}  {peerEvent.Message}");
                break;
        }
    }

    public override void Warning(string message) => Note("Warning: " + message);

    public override void Error(P2PShareException error)
    {
        lock (_gate)
        {
            if (!_hasBars)
            {
                WriteError(errors, error);
                return;
            }

            using var text = new StringWriter();
            WriteError(text, error);
            TerminalProgress.WriteLine(text.ToString().TrimEnd());
        }
    }

    public override void Say(string message) => WriteLine(output, message);

    public override void Swarm(SwarmInfo swarm)
    {
        Say($"Swarm      {swarm.Name}");
        Say($"Id         {swarm.SwarmId}");
        Say($"File       {swarm.SwarmPath}  ({Meaning(swarm)})");
        if (swarm.AdminPath is { } admin) Say($"Admin file {admin}  (keep it safe and to yourself)");
        if (swarm.PeerName is { } name) Say($"Peer       {name}, {swarm.Role?.ToString().ToLowerInvariant() ?? "member"}");
        Say($"Ends       {Printable.When(swarm.NotAfter)}; the swarm's root: {Printable.When(swarm.RootNotAfter)}");
    }

    public override void Peers(IReadOnlyList<PeerInfo> peers)
    {
        var table = new TextTable("NAME", "ROLE", "STATE", "VERSION", "PEER ID", "ADDRESSES");
        foreach (var peer in peers)
        {
            table.Add(peer.IsLocal ? peer.Name + " *" : peer.Name, peer.Role.ToString(), peer.State.ToString(), peer.Version, peer.PeerId[..Math.Min(16, peer.PeerId.Length)], string.Join(' ', peer.Addresses));
        }

        WriteTable(table);
    }

    public override void Shares(IReadOnlyList<ShareInfo> shares)
    {
        var table = new TextTable("NAME", "SIZE", "FILES", "COPIES", "PUBLISHER", "PUBLISHED", "INFO-HASH") { RightAligned = ["SIZE", "FILES", "COPIES"] };
        foreach (var share in shares)
        {
            table.Add(share.Name, Printable.Bytes(share.Length), Number(share.FileCount), Number(share.Copies), share.Publisher, Printable.When(share.Published), share.InfoHash);
        }

        WriteTable(table);
    }

    public override void Progress(IReadOnlyList<PeerProgress> progress, IReadOnlyList<PeerProgress> changed, bool again)
    {
        if (progress.Count == 0) return;
        var complete = progress.Count(peer => peer.State == PeerProgressState.Complete);
        var receiving = progress.Where(peer => peer.State == PeerProgressState.Receiving).ToList();
        var summary = $"{progress[0].ShareName}: {Number(complete)} of {Number(progress.Count)} complete, {Number(receiving.Count)} receiving at {Printable.Rate(receiving.Sum(peer => peer.DownloadRate))}.";
        // Again and again: a terminal shows the whole anew, a file gets what has changed.
        if (again && IsTerminal) Console.Clear();
        Say(again ? $"{DateTime.Now:HH:mm:ss}  {summary}" : summary);
        var table = new TextTable("PEER", "STATE", "DONE", "RATE") { RightAligned = ["DONE", "RATE"] };
        foreach (var peer in again && !IsTerminal ? changed : progress)
        {
            var done = peer.PercentComplete is not { } percent ? "" : (Math.Floor(percent * 10) / 10).ToString("0.0", CultureInfo.InvariantCulture) + " %";
            table.Add(peer.IsLocal ? peer.PeerName + " *" : peer.PeerName, peer.State.ToString(), done, peer.DownloadRate > 0 ? Printable.Rate(peer.DownloadRate) : "");
        }

        WriteTable(table);
    }

    public override void Check(CheckResult result)
    {
        Say($"{result.Status,-8} {result.Name,-13} {result.Detail}");
        if (result.Recommendation.Length > 0 && result.Status is CheckStatus.Failed or CheckStatus.Warning) Say($"{"",-22} {result.Recommendation}");
    }

    public override void Published(ShareInfo share) =>
        Say($"Published {share.Name}: {Printable.Bytes(share.Length)} in {Files(share.FileCount)}, info-hash {share.InfoHash}{(share.IsOpen ? ", open to any BitTorrent client" : "")}");

    public override void Copies(ShareInfo share, int copies, int wanted) => Say($"{share.Name}: {Number(copies)} of {Number(wanted)} copies complete.");

    public override void Delivery(ShareInfo share, IReadOnlyList<ShareRecipient> recipients) => Say($"{share.Name}: {ShareDelivery.Describe(recipients)}.");

    public override void Recipients(ShareInfo share, IReadOnlyList<ShareRecipient> recipients)
    {
        if (recipients.Count == 0 || recipients.All(recipient => recipient.State == RecipientState.Complete)) return;
        var table = new TextTable("PEER", "STATE", "");
        foreach (var recipient in recipients) table.Add(recipient.Name, recipient.State.ToString(), recipient.Detail);
        WriteTable(table);
    }

    public override void Watched(WatchLine line)
    {
        Say($"{line.Time.ToLocalTime():HH:mm:ss}  {line.SwarmName}: {Number(line.Peers)} {(line.Peers == 1 ? "peer" : "peers")}, coordinated by {line.Coordinator ?? "nobody"}; {Number(line.Shares)} {(line.Shares == 1 ? "share" : "shares")}; {Printable.Rate(line.BytesPerSecond)}");
        foreach (var transfer in line.Transfers)
            Say($"          {transfer.PeerName} ← {transfer.ShareName}: {transfer.PercentComplete?.ToString("0", CultureInfo.InvariantCulture) ?? "?"} %, {(transfer.DownloadRate > 0 ? Printable.Rate(transfer.DownloadRate) : transfer.State.ToString().ToLowerInvariant())}");
    }

    public override void Received(ReceivedLine received)
    {
        var reused = received.BytesReused > 0 ? $", {Printable.Bytes(received.BytesReused)} of it already here" : "";
        Say($"Received {received.Name}: {Printable.Bytes(received.Length)} in {Files(received.FileCount)}, verified, in {Printable.Duration(TimeSpan.FromSeconds(received.Seconds))} "
            + string.Create(CultureInfo.InvariantCulture, $"({received.MegabytesPerSecond:0.0} MB/s, {received.Sources} {(received.Sources == 1 ? "source" : "sources")}{reused}) → {received.FullName}"));
    }

    public override void Summary(SummaryLine summary)
    {
        if (summary.Command == "receive" && summary.Completed + summary.Failed < 2) return;
        var time = TimeSpan.FromSeconds(summary.Seconds);
        var failed = summary.Failed > 0 ? $", {Number(summary.Failed)} failed" : "";
        Say(summary.Command == "send"
            ? $"Sent {Printable.Bytes(summary.BytesUploaded)} in {Printable.Duration(time)} ({Number(summary.Completed)} {(summary.Completed == 1 ? "share" : "shares")}{failed})."
            : $"{Number(summary.Completed)} received{failed}: {Printable.Bytes(summary.Length)} in {Printable.Duration(time)} ({Printable.MegabytesPerSecond(summary.BytesReceived, time).ToString("0.0", CultureInfo.InvariantCulture)} MB/s).");
    }

    public override async Task ShowHashingAsync(string name, Latest<PublishProgress> progress, Task until)
    {
        if (IsTerminal)
        {
            await WithBarsAsync(() => TerminalProgress.ShowHashingAsync(name, progress, until));
            return;
        }

        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Pace.RepeatAsync(PlainInterval, until, () =>
        {
            // What is hashed within a moment needs no line.
            if (until.IsCompleted || clock.Elapsed < PlainInterval / 2 || progress.Value is not { } now) return;
            Say($"Hashing {name}: {Percent(now.BytesHashed, now.TotalBytes)}, {Number(now.FilesHashed)} of {Files(now.TotalFiles)}");
        });
    }

    public override async Task ShowTransfersAsync(Func<IReadOnlyList<TransferInfo>> sample, Task until)
    {
        if (IsTerminal)
        {
            await WithBarsAsync(() => TerminalProgress.ShowTransfersAsync(sample, until));
            return;
        }

        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Pace.RepeatAsync(PlainInterval, until, () =>
        {
            if (until.IsCompleted || clock.Elapsed < PlainInterval / 2) return;
            var transfers = sample();
            var length = transfers.Sum(transfer => transfer.Length);
            var line = $"{Percent(transfers.Sum(transfer => transfer.BytesCompleted), length)} of {Printable.Bytes(length)}, {Printable.Rate(transfers.Sum(transfer => transfer.DownloadRate))}";
            Say(transfers.Count == 1
                ? $"{transfers[0].Name}: {line}, {transfers[0].State.ToString().ToLowerInvariant()}"
                : $"{Number(transfers.Count(transfer => transfer.State == TransferState.Completed))} of {Number(transfers.Count)} received; {line}");
        });
    }

    private static string Meaning(SwarmInfo swarm) => swarm.Authority switch
    {
        SwarmAuthority.Admin => "the administrator's: makes certificates, never leaves home",
        SwarmAuthority.Join => "lets machines join: copy it to them",
        SwarmAuthority.Peer => "one machine's own certificate",
        _ => "certificates without a key",
    };

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Files(int count) => count == 1 ? "1 file" : Number(count) + " files";

    private static string Percent(long part, long whole) =>
        (whole == 0 ? 0 : 100.0 * part / whole).ToString("0", CultureInfo.InvariantCulture) + " %";

    private async Task WithBarsAsync(Func<Task> show)
    {
        _hasBars = true;
        try
        {
            await show();
        }
        finally
        {
            _hasBars = false;
        }
    }

    private void Note(string message) => WriteLine(errors, message);

    private void WriteLine(TextWriter writer, string message)
    {
        var line = Printable.Text(message);
        lock (_gate)
        {
            if (_hasBars) TerminalProgress.WriteLine(line);
            else writer.WriteLine(line);
        }
    }

    private void WriteTable(TextTable table)
    {
        lock (_gate) table.WriteTo(output);
    }
}
