using System.Globalization;
using System.Text;
using P2PShare.Cli.Output;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Membership;
using Spectre.Console;

namespace P2PShare.Cli.Watch;

/// <summary>Draws the model to fill a window of any size: what does not fit is counted instead.</summary>
internal static class WatchView
{
    private const int NarrowWidth = 60;
    private const int MinimumHeight = 8;
    private const int LowHeight = 14;
    private const int Sections = 3;

    /// <summary>The lines as markup, none wider than the window, and never more than fit.</summary>
    public static IReadOnlyList<string> Lines(WatchModel model, int width, int height)
    {
        height = Math.Max(height, MinimumHeight);
        // In a low window no line is left blank. The last line stays free, since a terminal may scroll when it is written.
        var gap = height < LowHeight ? 0 : 1;
        var lines = new List<string> { Header(model, width) };
        lines.AddRange(Enumerable.Repeat("", gap));

        // A third for each part; what one does not need the others have.
        var left = height - 1 - lines.Count - (Sections * (1 + gap));
        var shares = Math.Min(model.Shares.Count, Math.Max(1, left / 3));
        var transfers = Math.Min(model.Transfers.Count, Math.Max(1, (left - shares) / 2));
        var peers = Math.Min(model.Peers.Count, Math.Max(1, left - shares - transfers));
        transfers = Math.Min(model.Transfers.Count, Math.Max(1, left - shares - peers));
        shares = Math.Min(model.Shares.Count, Math.Max(1, left - transfers - peers));
        Section(lines, "Peers", model.Peers, peers, p => PeerLine(model, p, width), gap);
        Section(lines, "Transfers", model.Transfers, transfers, t => TransferLine(t, width), gap);
        Section(lines, "Shares", model.Shares, shares, s => ShareLine(model, s, width), gap);
        return [.. lines.Take(height - 1)];
    }

    private static void Section<T>(List<string> lines, string title, IReadOnlyList<T> items, int shown, Func<T, string> draw, int gap)
    {
        var more = items.Count - shown;
        lines.Add($"[bold]{title}[/] [grey]{items.Count}{(more > 0 ? $", {more} more than fit" : "")}[/]");
        lines.AddRange(items.Take(shown).Select(draw));
        lines.AddRange(Enumerable.Repeat("", gap));
    }

    private static string Header(WatchModel model, int width)
    {
        var coordinator = model.Peers.FirstOrDefault(p => p.Role == PeerRole.Coordinator)?.Name ?? "nobody";
        var rate = Printable.Rate(model.Total.Last);
        var room = Math.Max(0, width - 3 - rate.Length);
        var state = model.State == PeerState.Joined ? "" : $" ({model.State.ToString().ToLowerInvariant()})";
        var counts = $"{model.SwarmName}{state}: {Count(model.Peers.Count, "peer")}, {Count(model.Shares.Count, "share")}";
        var all = $"{counts}, coordinated by {coordinator}";
        // The rates need some of the line; who coordinates stands in the list below as well.
        var most = room * 2 / 3;
        var text = Printable.Text(all).Length <= most ? Printable.Text(all) : Cell(counts, Math.Min(Printable.Text(counts).Length, Math.Max(most, Math.Min(room, 20))));
        return $"[bold]{Escape(text)}[/]  [green]{model.Total.Draw(Math.Max(0, room - text.Length))}[/] {rate}";
    }

    private static string PeerLine(WatchModel model, PeerInfo peer, int width)
    {
        var rate = model.RateOf(peer.PeerId);
        var name = Math.Clamp(width / 4, 8, 32);
        var role = peer.Role switch { PeerRole.Coordinator => "[yellow]coordinator[/]", PeerRole.Member => "[grey]member     [/]", _ => $"[blue]{Escape(Cell(peer.Role.ToString().ToLowerInvariant(), 11))}[/]" };
        var speed = (rate.Last > 0 ? Printable.Rate(rate.Last) : "").PadLeft(10);
        var spark = Math.Max(0, width - name - 11 - speed.Length - 5);
        return $" {Escape(Cell(peer.Name + (peer.IsLocal ? " *" : ""), name))} {role} [green]{rate.Draw(spark)}[/] {speed}";
    }

    private static string TransferLine(PeerProgress transfer, int width)
    {
        var wide = width >= NarrowWidth;
        var name = Math.Clamp(width / 6, 8, 24);
        var share = wide ? Math.Clamp(width / 5, 8, 32) : 0;
        var state = transfer.State switch
        {
            PeerProgressState.Receiving => Printable.Rate(transfer.DownloadRate).PadLeft(10),
            PeerProgressState.Failed => "    failed",
            PeerProgressState.Suspended => " suspended",
            _ => "   waiting",
        };
        var percent = transfer.PercentComplete ?? 0;
        var bar = Math.Max(4, width - name - share - state.Length - 5 - (wide ? 5 : 4));
        return $" {Escape(Cell(transfer.PeerName, name))} {(wide ? Escape(Cell(transfer.ShareName, share)) + " " : "")}{Bar(percent, bar, transfer.State)} {percent.ToString("0", CultureInfo.InvariantCulture),3}% {state}";
    }

    private static string ShareLine(WatchModel model, ShareInfo share, int width)
    {
        var name = Math.Clamp(width / 4, 8, 36);
        var size = Printable.Bytes(share.Length).PadLeft(8);
        var copies = $"{share.Copies}/{model.Peers.Count}".PadLeft(7);
        var room = Math.Max(0, width - name - size.Length - copies.Length - 5);
        return $" {Escape(Cell(share.Name, name))} {size} {copies} {Holders(model.HoldersOf(share), room)}";
    }

    // Names while they fit; then how many more. In brackets who has but a part.
    private static string Holders(IReadOnlyList<ShareHolder> holders, int room)
    {
        var text = new StringBuilder();
        var used = 0;
        for (var i = 0; i < holders.Count; i++)
        {
            var name = holders[i].IsComplete ? Printable.Text(holders[i].Name) : $"({Printable.Text(holders[i].Name)})";
            var rest = holders.Count - i - 1;
            if (used + name.Length + 1 + (rest > 0 ? 5 : 0) > room)
            {
                text.Append(CultureInfo.InvariantCulture, $"[grey]+{rest + 1}[/]");
                break;
            }

            text.Append(holders[i].IsComplete ? $"{Markup.Escape(name)} " : $"[grey]{Markup.Escape(name)}[/] ");
            used += name.Length + 1;
        }

        return text.ToString().TrimEnd();
    }

    private static string Bar(double percent, int width, PeerProgressState state)
    {
        var full = (int)Math.Clamp(percent * width / 100, 0, width);
        var colour = state switch { PeerProgressState.Receiving => "green", PeerProgressState.Failed => "red", _ => "yellow" };
        return $"[{colour}]{new string('━', full)}[/][grey]{new string('─', width - full)}[/]";
    }

    private static string Cell(string text, int width)
    {
        var shown = Printable.Text(text);
        if (shown.Length > width) shown = string.Concat(shown.AsSpan(0, Math.Max(0, width - 1)), "…");
        return shown.PadRight(width);
    }

    private static string Count(int number, string what) => $"{number.ToString(CultureInfo.InvariantCulture)} {what}{(number == 1 ? "" : "s")}";

    private static string Escape(string text) => Markup.Escape(text);
}
