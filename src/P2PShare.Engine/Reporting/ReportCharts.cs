using System.Globalization;
using System.Text;
using P2PShare.Engine.Membership;

namespace P2PShare.Engine.Reporting;

/// <summary>The drawings of a report.</summary>
internal static class ReportCharts
{
    // With more of them names would cover each other; the points still have them as titles.
    private const int MaxNamed = 24;
    private const int MaxDrawn = 300;
    private const int MaxBars = 60;

    // About the pixels of its place in a wide window, so that text has the size it says.
    private const double Width = 480;
    private const double CharacterWidth = 7.5;

    /// <summary>Who is there: the coordinator in the middle, all others around it; the links of the reporting peer are the strong lines.</summary>
    public static string Graph(RunReport report)
    {
        const double Height = 400, CentreX = Width / 2, CentreY = Height / 2, RadiusX = 120, RadiusY = 155;
        var svg = new Svg(Width, Height, "The swarm");
        var coordinator = report.Peers.FirstOrDefault(peer => peer.Role == PeerRole.Coordinator);
        var others = report.Peers.Where(peer => peer != coordinator).Take(MaxDrawn).ToList();
        var places = others.Select((peer, index) =>
        {
            // From the top, clockwise.
            var angle = (2 * Math.PI * index / others.Count) - (Math.PI / 2);
            return (Peer: peer, X: CentreX + (RadiusX * Math.Cos(angle)), Y: CentreY + (RadiusY * Math.Sin(angle)), Angle: angle);
        }).ToList();
        var self = places.FirstOrDefault(place => place.Peer.PeerId == report.Self.PeerId);
        if (coordinator is not null)
            foreach (var place in places) svg.Line(CentreX, CentreY, place.X, place.Y, "edge");
        var (selfX, selfY) = self.Peer is null ? (CentreX, CentreY) : (self.X, self.Y);
        foreach (var place in places.Where(place => report.Linked.Contains(place.Peer.PeerId))) svg.Line(selfX, selfY, place.X, place.Y, "link");
        if (coordinator is not null && report.Linked.Contains(coordinator.PeerId)) svg.Line(selfX, selfY, CentreX, CentreY, "link");
        foreach (var (peer, x, y, angle) in places)
        {
            svg.Circle(x, y, others.Count > 100 ? 3 : 7, Style(peer), $"{peer.Name}, {peer.Role}");
            if (others.Count > MaxNamed) continue;
            var right = Math.Cos(angle) >= -0.01;
            var beyond = Math.Abs(Math.Cos(angle)) < 0.01;
            var room = beyond ? Width / 2 : right ? Width - x - 12 : x - 12;
            svg.Text(x + (beyond ? 0 : right ? 12 : -12), y + (beyond ? (Math.Sin(angle) < 0 ? -13 : 22) : 4), Short(peer.Name, (int)(room / CharacterWidth)), "label", beyond ? "middle" : right ? "start" : "end");
        }

        if (coordinator is not null) svg.Circle(CentreX, CentreY, 10, Style(coordinator), $"{coordinator.Name}, coordinator").Text(CentreX, CentreY + 28, Short(coordinator.Name, 24), "label halo", "middle");
        return svg.ToString();

        string Style(PeerInfo peer) => "peer " + peer.Role.ToString().ToLowerInvariant() + (peer.PeerId == report.Self.PeerId ? " self" : "");
    }

    /// <summary>Bytes per second over the run: received as an area, sent as a line.</summary>
    public static string Rates(RunReport report)
    {
        const double Height = 340, Left = 78, Right = Width - 4, Top = 12, Bottom = Height - 28;
        var svg = new Svg(Width, Height, "Rates over the run");
        var highest = Math.Max(1024, report.Rates.Select(rate => Math.Max(rate.DownloadRate, rate.UploadRate)).DefaultIfEmpty().Max());
        var span = Math.Max(1, (report.Until - report.Started).TotalSeconds);
        foreach (var part in new[] { 0, 0.5, 1 })
        {
            var y = Bottom - (part * (Bottom - Top));
            svg.Line(Left, y, Right, y, "grid").Text(Left - 8, y + 4, ReportText.Rate(highest * part), "label", "end");
        }

        svg.Text(Left, Height - 8, "start").Text(Right, Height - 8, ReportText.Span(report.Until - report.Started), "label", "end");
        if (report.Rates.Count == 0) return svg.ToString();
        svg.Path(report.Rates.Select(rate => (X(rate.Time), Y(rate.DownloadRate))), "down", (X(report.Rates[0].Time), Bottom), (X(report.Rates[^1].Time), Bottom));
        svg.Path(report.Rates.Select(rate => (X(rate.Time), Y(rate.UploadRate))), "up");
        return svg.ToString();

        double X(DateTime time) => Left + (Math.Clamp((time - report.Started).TotalSeconds / span, 0, 1) * (Right - Left));
        double Y(long rate) => Bottom - ((double)rate / highest * (Bottom - Top));
    }

    /// <summary>One share's copies over the run, as steps; its top is all peers.</summary>
    public static string Copies(RunReport report, ShareRun run)
    {
        const double Height = 36, Inner = 240;
        var svg = new Svg(Inner, Height, $"Copies of {run.Share.Name}", stretches: true);
        var span = Math.Max(1, (report.Until - report.Started).TotalSeconds);
        var highest = Math.Max(1, Math.Max(report.Peers.Count, run.Samples.Select(sample => sample.Copies).DefaultIfEmpty().Max()));
        svg.Line(0, Height - 1, Inner, Height - 1, "grid");
        if (run.Samples.Count == 0) return svg.ToString();
        var points = new List<(double, double)>();
        var before = Height - 1;
        foreach (var sample in run.Samples)
        {
            var x = Math.Clamp((sample.Time - report.Started).TotalSeconds / span, 0, 1) * Inner;
            var y = Height - 1 - ((double)sample.Copies / highest * (Height - 4));
            points.Add((x, before));
            points.Add((x, y));
            before = y;
        }

        points.Add((Inner, before));
        return svg.Path(points, "copies", closeTo: (Inner, Height - 1)).ToString();
    }

    /// <summary>Who received what, from when to when: a line for each, whose text is the page's, so that it keeps its size in a narrow window.</summary>
    public static string Arrivals(RunReport report)
    {
        const double Inner = 1000, Height = 12;
        var span = Math.Max(1, (report.Until - report.Started).TotalSeconds);
        var rows = new StringBuilder("<div class=\"runs\">\n");
        foreach (var arrival in report.Arrivals.TakeLast(MaxBars))
        {
            var what = $"{arrival.PeerName} ← {arrival.ShareName}";
            var (from, to) = (X(arrival.Begun), X(arrival.Completed ?? report.Until));
            var bar = new Svg(Inner, Height, what, stretches: true)
                .Line(0, Height / 2, Inner, Height / 2, "grid")
                .Rectangle(Math.Min(from, Inner - 4), 0, Math.Max(4, to - from), Height, arrival.Completed is null ? "bar open" : "bar", $"{what}: {ReportText.Span((arrival.Completed ?? report.Until) - arrival.Begun)}");
            rows.Append(CultureInfo.InvariantCulture, $"<span class=\"name\" title=\"{Svg.Escape(what)}\"><span>{Svg.Escape(arrival.PeerName)}</span> <span>{Svg.Escape(arrival.ShareName)}</span></span>{bar}<span>{(arrival.Completed is null ? "under way" : ReportText.Rate(arrival.Rate))}</span>\n");
        }

        return rows.Append(CultureInfo.InvariantCulture, $"<span class=\"ends\"><span>start</span><span>{ReportText.Span(report.Until - report.Started)}</span></span>\n</div>").ToString();

        double X(DateTime time) => Math.Clamp((time - report.Started).TotalSeconds / span, 0, 1) * Inner;
    }

    public static string Short(string text, int length) => text.Length <= length ? text : string.Concat(text.AsSpan(0, length - 1), "…");
}
