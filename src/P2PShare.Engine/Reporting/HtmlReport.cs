using System.Globalization;
using System.Text;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Reporting;

/// <summary>A report as one page that needs nothing else: no script, no font, no picture is fetched.</summary>
public static class HtmlReport
{
    private const int MaxShares = 100;
    private const int MaxTransfers = 200;

    private const string Style = """
        :root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6b7c; --line: #d9dfe7; --paper: #f6f8fa; --card: #fff; --blue: #2f6fde; --green: #2a9d6f; --amber: #c98a1b; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6ebf2; --soft: #98a6b8; --line: #333d4a; --paper: #12171e; --card: #1a212b; --blue: #6ea0ff; --green: #4cc796; --amber: #e3b04b; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
        main { max-width: 1120px; margin: 0 auto; padding: 24px 16px 48px; }
        h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; }
        h2 { font-size: 1.05rem; margin: 0 0 8px; }
        p.note { color: var(--soft); margin: 4px 0 16px; overflow-wrap: anywhere; }
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); grid-auto-flow: dense; gap: 12px; margin: 16px 0; padding: 0; }
        .facts div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 8px 14px; min-width: 0; }
        .facts .long { grid-column: span 2; }
        .facts dt { color: var(--soft); font-size: .8rem; }
        .facts dd { margin: 0; font-size: 1.15rem; font-weight: 600; overflow-wrap: anywhere; }
        .grid { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; align-items: start; }
        @media (min-width: 860px) { .grid { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } .wide { grid-column: 1 / -1; } }
        section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px; min-width: 0; }
        svg { width: 100%; height: auto; display: block; overflow: visible; }
        td svg { width: 160px; height: 24px; }
        .scroll { overflow-x: auto; }
        .runs { display: grid; grid-template-columns: minmax(0, 28rem) minmax(0, 1fr) max-content; gap: 4px 12px; align-items: center; color: var(--soft); font-size: .9rem; }
        .runs svg { height: 12px; }
        .runs .name { display: flex; gap: 10px; min-width: 0; }
        .runs .name span { flex: 1 1 0; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
        .runs .name span + span::before { content: "← "; }
        .runs .ends { display: flex; justify-content: space-between; grid-column: 2; font-size: .8rem; }
        table { border-collapse: collapse; width: 100%; font-size: .9rem; }
        th { text-align: left; color: var(--soft); font-weight: 500; }
        th, td { padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); vertical-align: middle; }
        td.name { overflow-wrap: anywhere; min-width: 90px; }
        td.n, th.n { text-align: right; white-space: nowrap; }
        .label { font-size: 12px; fill: var(--soft); }
        @media (max-width: 600px) {
          .label { font-size: 14px; }
          td svg { width: 64px; }
          .runs { grid-template-columns: minmax(0, 1fr) max-content; }
          .runs .name { display: block; grid-column: 1 / -1; margin-top: 6px; line-height: 1.3; }
          .runs .name span { white-space: normal; overflow-wrap: anywhere; }
          .runs .ends { grid-column: 1; }
          .stack thead { display: none; }
          .stack tr { display: flex; flex-wrap: wrap; gap: 0 12px; padding: 5px 0; border-bottom: 1px solid var(--line); }
          .stack td { padding: 0; border: 0; }
          .stack td.name { flex-basis: 100%; }
          .stack td[data-what]::before { content: attr(data-what) " "; color: var(--soft); }
        }
        .halo { paint-order: stroke; stroke: var(--card); stroke-width: 4px; }
        .grid line, line.grid { stroke: var(--line); stroke-width: 1; }
        line.edge { stroke: var(--line); stroke-width: 1; }
        line.link { stroke: var(--blue); stroke-width: 1.6; opacity: .6; }
        .peer { fill: var(--soft); stroke: var(--card); stroke-width: 2; }
        .peer.coordinator { fill: var(--amber); }
        .peer.deputy { fill: var(--blue); }
        .peer.self { stroke: var(--ink); }
        .down { fill: var(--blue); fill-opacity: .25; stroke: var(--blue); stroke-width: 1.5; }
        .up { fill: none; stroke: var(--green); stroke-width: 1.5; }
        .copies { fill: var(--green); fill-opacity: .3; stroke: var(--green); stroke-width: 1.2; }
        .bar { fill: var(--blue); }
        .bar.open { fill: var(--amber); }
        .key { display: flex; flex-wrap: wrap; gap: 4px 16px; color: var(--soft); font-size: .85rem; margin: 8px 0 0; padding: 0; list-style: none; }
        .key i { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 6px; }
        """;

    /// <summary>The page's text.</summary>
    public static string Write(RunReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var name = Svg.Escape(report.Self.SwarmName);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>Swarm {name}</title>
            <style>{Style}</style>
            </head>
            <body>
            <main>
            <h1>Swarm {name}</h1>
            <p class="note">As the peer {Svg.Escape(report.Self.Name)} saw it from {ReportText.Time(report.Started)} to {ReportText.Time(report.Until)}.</p>

            """);
        Facts(page, report);
        page.Append("<div class=\"grid\">\n");
        Section(page, "Peers", false, ReportCharts.Graph(report) + Key(("var(--amber)", "coordinator"), ("var(--blue)", "deputy"), ("var(--soft)", "member")) + "<p class=\"note\">Thin lines: who follows the coordinator. Strong lines: links of the reporting peer, the one with a dark rim.</p>");
        Section(page, "Rates of the reporting peer", false, ReportCharts.Rates(report) + Key(("var(--blue)", "received"), ("var(--green)", "sent")));
        Section(page, "Copies of each share", true, Shares(report));
        if (report.Arrivals.Count > 0) Section(page, "Who received what, and how fast", true, ReportCharts.Arrivals(report));
        if (report.Transfers.Any(IsOwn)) Section(page, "Transfers of the reporting peer", true, Transfers(report));
        page.Append("</div>\n</main>\n</body>\n</html>\n");
        return page.ToString();
    }

    private static void Facts(StringBuilder page, RunReport report)
    {
        var completed = report.Arrivals.Where(arrival => arrival.Completed is not null).ToList();
        page.Append("<dl class=\"facts\">\n");
        Fact("Peers", ReportText.Number(report.Peers.Count));
        Fact("Coordinator", report.Peers.FirstOrDefault(peer => peer.Role == PeerRole.Coordinator)?.Name ?? "none", "long");
        Fact("Shares", ReportText.Number(report.Shares.Count));
        Fact("Copies that arrived", ReportText.Number(completed.Count));
        Fact("Bytes that arrived", ReportText.Size(completed.Sum(arrival => (double)arrival.Length)));
        page.Append("</dl>\n");

        void Fact(string what, string value, string style = "") => page.Append(CultureInfo.InvariantCulture, $"<div class=\"{style}\"><dt>{what}</dt><dd>{Svg.Escape(value)}</dd></div>\n");
    }

    private static string Shares(RunReport report)
    {
        if (report.Shares.Count == 0) return "<p class=\"note\">Nothing is shared.</p>";
        var table = new StringBuilder("<div class=\"scroll\"><table><thead><tr><th>Share</th><th class=\"n\">Size</th><th class=\"n\">Copies</th><th>Over the run</th></tr></thead><tbody>\n");
        foreach (var run in report.Shares.Take(MaxShares))
        {
            table.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"name\">{Svg.Escape(run.Share.Name)}{(run.Share.IsNewest ? "" : " (older version)")}</td><td class=\"n\">{ReportText.Size(run.Share.Length)}</td><td class=\"n\">{run.Share.Copies} of {report.Peers.Count}</td><td>{ReportCharts.Copies(report, run)}</td></tr>\n");
        }

        table.Append("</tbody></table></div>");
        if (report.Shares.Count > MaxShares) table.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">And {report.Shares.Count - MaxShares} more.</p>");
        return table.ToString();
    }

    private static string Transfers(RunReport report)
    {
        var table = new StringBuilder("<div class=\"scroll\"><table class=\"stack\"><thead><tr><th>Share</th><th>State</th><th class=\"n\">Done</th><th class=\"n\">Time</th><th class=\"n\">Rate</th><th class=\"n\">Found here</th></tr></thead><tbody>\n");
        foreach (var transfer in report.Transfers.Where(IsOwn).Take(MaxTransfers))
        {
            var seconds = transfer.Elapsed.TotalSeconds;
            var done = transfer.Length == 0 ? transfer.PercentComplete : 100.0 * transfer.BytesCompleted / transfer.Length;
            table.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"name\">{Svg.Escape(transfer.Name)}</td><td>{transfer.State}</td><td class=\"n\">{Math.Floor(done):0} % of {ReportText.Size(transfer.Length)}</td><td class=\"n\">{ReportText.Span(transfer.Elapsed)}</td><td class=\"n\">{ReportText.Rate(seconds > 0 ? transfer.BytesReceived / seconds : 0)}</td><td class=\"n\" data-what=\"found here:\">{ReportText.Size(transfer.BytesReused)}</td></tr>\n");
        }

        return table.Append("</tbody></table></div>").ToString();
    }

    // What was published here was complete from the start.
    private static bool IsOwn(TransferInfo transfer) => transfer.State != TransferState.Completed || transfer.Elapsed > TimeSpan.Zero;

    private static void Section(StringBuilder page, string title, bool wide, string content) =>
        page.Append(CultureInfo.InvariantCulture, $"<section{(wide ? " class=\"wide\"" : "")}><h2>{title}</h2>{content}</section>\n");

    private static string Key(params (string Colour, string Text)[] entries) =>
        "<ul class=\"key\">" + string.Concat(entries.Select(entry => $"<li><i style=\"background:{entry.Colour}\"></i>{entry.Text}</li>")) + "</ul>";
}
