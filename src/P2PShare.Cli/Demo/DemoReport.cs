using System.Globalization;
using System.Text.Json;
using P2PShare.Cli.Output;
using Spectre.Console;

namespace P2PShare.Cli.Demo;

/// <summary>What a demonstration shows: bars while it runs, tables in the end.</summary>
internal sealed class DemoReport
{
    private const int PlainWidth = 120;
    private const int MaxDifferences = 20;
    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(2);

    private readonly bool _plain = Console.IsOutputRedirected;
    private readonly IAnsiConsole _console;

    public DemoReport()
    {
        _console = _plain ? AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors }) : AnsiConsole.Console;
        // Where output goes to a file there is no width to fit in, and a cut table would be a loss.
        if (_plain) _console.Profile.Width = PlainWidth;
    }

    public void Say(string text) => _console.WriteLine(text);

    /// <summary>Shows how far each peer is with each share, until <paramref name="until"/> ends.</summary>
    public async Task ShowProgressAsync(string verb, IReadOnlyList<DemoPeer> peers, IReadOnlyList<string> shares, Task until)
    {
        if (_plain)
        {
            await Pace.RepeatAsync(LineInterval, until, () =>
            {
                if (until.IsCompletedSuccessfully) return;
                foreach (var peer in peers) Say($"{peer.Name} {verb}: " + string.Join(", ", shares.Select(share => $"{share} {Percent(peer.ProgressOf(share))}")));
            });
            return;
        }

        await TerminalProgress.Bars().StartAsync(async context =>
        {
            var bars = peers.SelectMany(peer => shares.Select(share => (Peer: peer, Share: share, Bar: context.AddTask(TerminalProgress.Describe($"{peer.Name}: {share}"))))).ToList();
            await Pace.RepeatAsync(BarInterval, until, () =>
            {
                foreach (var (peer, share, bar) in bars)
                {
                    var (done, length) = peer.ProgressOf(share);
                    if (length > 0) TerminalProgress.Set(bar, done, length);
                    if (until.IsCompletedSuccessfully) bar.Value = bar.MaxValue;
                }
            });
        });
    }

    public void Roster(IReadOnlyList<JsonElement> peers)
    {
        var table = NewTable("Roster", "Peer", "Role", "State", "Version", "Peer id", "Addresses");
        foreach (var peer in peers)
        {
            AddRow(table, Text(peer, "name"), Text(peer, "role"), Text(peer, "state"), Text(peer, "version"), Text(peer, "peerId")[..16], string.Join(' ', peer.GetProperty("addresses").EnumerateArray().Select(address => address.GetString())));
        }

        _console.Write(table);
    }

    public void Transfers(IReadOnlyList<DemoPeer> receivers)
    {
        var table = NewTable("Transfers", "Peer", "Share", "Size", "Files", "Seconds", "MB/s", "Sources", "Wasted");
        foreach (var column in table.Columns.Skip(2)) column.Alignment = Justify.Right;
        foreach (var (receiver, line) in receivers.SelectMany(receiver => receiver.Lines("received").Select(line => (receiver, line))))
        {
            AddRow(
                table,
                receiver.Name,
                Text(line, "name"),
                Printable.Bytes(line.GetProperty("length").GetInt64()),
                Text(line, "fileCount"),
                line.GetProperty("seconds").GetDouble().ToString("0.0", CultureInfo.InvariantCulture),
                line.GetProperty("megabytesPerSecond").GetDouble().ToString("0", CultureInfo.InvariantCulture),
                Text(line, "sources"),
                Printable.Bytes(line.GetProperty("bytesWasted").GetInt64()));
        }

        _console.Write(table);
    }

    public void Uploads(IReadOnlyList<DemoPeer> peers)
    {
        var table = NewTable("Who sent how much", "Peer", "Sent");
        table.Columns[1].Alignment = Justify.Right;
        foreach (var peer in peers)
        {
            foreach (var line in peer.Lines("summary")) AddRow(table, peer.Name, Printable.Bytes(line.GetProperty("bytesUploaded").GetInt64()));
        }

        _console.Write(table);
    }

    public void Verdicts(IReadOnlyList<DemoVerdict> verdicts)
    {
        var table = NewTable("SHA-256 of every file against the source", "Peer", "Share", "Files", "Verdict");
        table.Columns[2].Alignment = Justify.Right;
        foreach (var verdict in verdicts)
        {
            var count = verdict.Differences.Count.ToString(CultureInfo.InvariantCulture);
            AddRow(table, verdict.Peer, verdict.Share, verdict.Files.ToString(CultureInfo.InvariantCulture), verdict.Differences.Count == 0 ? "identical" : count + " DIFFERENT");
        }

        _console.Write(table);
        foreach (var verdict in verdicts)
        {
            foreach (var difference in verdict.Differences.Take(MaxDifferences)) Say($"{verdict.Peer}, {verdict.Share}: {Printable.Text(difference)}");
        }
    }

    private static Table NewTable(string title, params string[] columns)
    {
        var table = new Table().Title(title).Border(TableBorder.Rounded);
        foreach (var column in columns) table.AddColumn(column);
        return table;
    }

    private static void AddRow(Table table, params string[] cells) => table.AddRow([.. cells.Select(cell => new Text(Printable.Text(cell)))]);

    private static string Text(JsonElement element, string property) => element.GetProperty(property).ToString();

    private static string Percent((long Done, long Length) progress) =>
        (progress.Length == 0 ? 0 : 100.0 * progress.Done / progress.Length).ToString("0", CultureInfo.InvariantCulture) + " %";
}
