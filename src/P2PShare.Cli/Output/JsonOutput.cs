using System.Text.Json;
using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Diagnostics;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transfers;

namespace P2PShare.Cli.Output;

/// <summary>One JSON object a line on standard output; errors also in words on standard error.</summary>
internal sealed class JsonOutput(Stream output, TextWriter errors) : CliOutput
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();

    public override void Started(IPeer peer, bool everything) =>
        Write(new StartedLine(peer.Name, peer.PeerId, peer.Port, peer.SwarmName, peer.SwarmId, peer.StateDirectory));

    public override void Event(PeerEvent peerEvent, bool everything)
    {
        // Progress has lines of its own, at a steady pace.
        if (peerEvent.Kind == PeerEventKind.TransferProgress) return;
        Write(new EventLine(peerEvent.Kind.ToString(), peerEvent.Message)
        {
            Time = peerEvent.Time,
            Peer = peerEvent.Peer,
            Share = peerEvent.Share,
            Transfer = peerEvent.Transfer,
            Address = peerEvent.Address,
            ErrorId = peerEvent.ErrorId,
        });
    }

    public override void Warning(string message) => Write(new WarningLine(message));

    public override void Error(P2PShareException error)
    {
        Write(new ErrorLine(error.ErrorId, error.Kind.ToString(), error.Message, error.Target?.ToString(), error.Recommendation));
        TextOutput.WriteError(errors, error);
    }

    public override void Say(string message)
    {
    }

    public override void Swarm(SwarmInfo swarm) => Write(new SwarmLine(swarm));

    public override void Peers(IReadOnlyList<PeerInfo> peers)
    {
        foreach (var peer in peers) Write(new PeerLine(peer));
    }

    public override void Shares(IReadOnlyList<ShareInfo> shares)
    {
        foreach (var share in shares) Write(new ShareLine(share));
    }

    public override void Progress(IReadOnlyList<PeerProgress> progress, IReadOnlyList<PeerProgress> changed, bool again)
    {
        foreach (var peer in changed) Write(new PeerProgressLine(peer));
    }

    public override void Check(CheckResult result) => Write(new CheckLine(result));

    public override void Published(ShareInfo share) => Write(new ShareLine(share));

    public override void Copies(ShareInfo share, int copies, int wanted) => Write(new CopiesLine(share.Name, share.InfoHash, copies, wanted));

    public override void Delivery(ShareInfo share, IReadOnlyList<ShareRecipient> recipients) =>
        Write(new DeliveryLine(share.Name, share.InfoHash, recipients.Count(recipient => recipient.State == RecipientState.Complete), recipients.Count));

    public override void Recipients(ShareInfo share, IReadOnlyList<ShareRecipient> recipients) => Write(new RecipientsLine(share.Name, share.InfoHash, recipients));

    public override void Watched(WatchLine line) => Write(line);

    public override void Received(ReceivedLine received) => Write(received);

    public override void Summary(SummaryLine summary) => Write(summary);

    public override Task ShowHashingAsync(string name, Latest<PublishProgress> progress, Task until)
    {
        PublishProgress? last = null;
        return Pace.RepeatAsync(Interval, until, () =>
        {
            if (progress.Value is { } now && now != last) Write(new HashingLine(name, last = now));
        });
    }

    public override Task ShowTransfersAsync(Func<IReadOnlyList<TransferInfo>> sample, Task until)
    {
        var last = new Dictionary<string, (TransferState, long, string?)>();
        return Pace.RepeatAsync(Interval, until, () =>
        {
            foreach (var transfer in sample())
            {
                // Where nothing comes in, why is the news.
                var now = (transfer.State, transfer.BytesCompleted, transfer.Detail);
                if (last.TryGetValue(transfer.TransferId, out var before) && before == now) continue;
                last[transfer.TransferId] = now;
                Write(new ProgressLine(transfer));
            }
        });
    }

    private void Write(JsonLine line)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(line, line.GetType(), JsonLineContext.Default);
        lock (_gate)
        {
            output.Write(bytes);
            output.Write("\n"u8);
            output.Flush();
        }
    }
}
