using System.Diagnostics;
using System.Globalization;
using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Identity;
using P2PShare.Engine.Transfers;

namespace P2PShare.Benchmarks.Processes;

/// <summary>
/// A peer as a process of its own that a harness drives by lines: it prints READY; a receiver then reads one line of
/// addresses ("host:port,…"), joins there, receives, and prints DONE with the seconds; it ends with the next line or the
/// end of its input. All that a user waits for is inside: the link, the join, the metadata, the flush and the rename.
/// </summary>
internal sealed class PeerProcess(PeerArguments arguments)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public async Task RunAsync()
    {
        var state = Directory.CreateTempSubdirectory("p2pshare-bench-");
        try
        {
            if (arguments.IsSeed && !arguments.IsOpen && !File.Exists(arguments.SwarmPath))
                SwarmFiles.Create("bench", arguments.SwarmFolder, overwrite: true, TimeProvider.System);
            var swarmFolder = state.FullName;
            if (arguments.IsOpen) SwarmFiles.Create("bench", swarmFolder, overwrite: true, TimeProvider.System);
            await using var peer = await Peer.StartAsync(new PeerOptions
            {
                SwarmPath = arguments.IsOpen ? Path.Combine(swarmFolder, "bench.swarm.pem") : arguments.SwarmPath,
                Name = $"peer-{arguments.Port}",
                Port = arguments.Port,
                ListenAddress = "127.0.0.1",
                StateRoot = state.FullName,
                Discovery = false,
                Resume = false,
            });
            if (arguments.IsSeed) await PublishAsync(peer);
            Say("READY");
            var line = await Console.In.ReadLineAsync();
            if (arguments.IsSeed && line is { Length: > 0 })
            {
                // A further publisher of one swarm: it joins the first.
                await peer.ConnectAsync(line.Split(','));
                line = await Console.In.ReadLineAsync();
            }

            if (arguments.IsSeed || line is null) return;
            var started = Stopwatch.GetTimestamp();
            var addresses = line.Split(',', StringSplitOptions.RemoveEmptyEntries);
            var details = arguments.Each ? await ReceiveEachAsync(peer, addresses) : await ReceiveAsync(peer, addresses);
            Say($"DONE {Seconds(started)} {details}");
            await Console.In.ReadLineAsync();
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    private async Task PublishAsync(IPeer peer)
    {
        var path = Path.Combine(arguments.Folder, arguments.Name);
        if (!arguments.Each)
        {
            await peer.PublishAsync(new PublishRequest { Name = arguments.Name, Path = path, Open = arguments.IsOpen, TorrentPath = arguments.IsOpen ? arguments.OpenTorrent : null });
            return;
        }

        foreach (var file in Directory.EnumerateFiles(path).Order(StringComparer.Ordinal))
            await peer.PublishAsync(new PublishRequest { Name = Path.GetFileName(file), Path = file });
    }

    private async Task<string> ReceiveAsync(IPeer peer, string[] addresses)
    {
        if (arguments.IsOpen)
        {
            var torrent = File.Exists(arguments.OpenTorrent) ? arguments.OpenTorrent : arguments.Torrent;
            var plain = await peer.ReceiveAsync(new ReceiveRequest { TorrentPath = torrent, ConnectTo = addresses, Destination = arguments.Folder });
            return Describe(await plain.Completion.WaitAsync(Patience));
        }

        await peer.ConnectAsync(addresses);
        var shares = await peer.WaitForSharesAsync(new ShareQuery { LiteralNames = [arguments.Name] }, Patience);
        var transfer = await peer.ReceiveAsync(new ReceiveRequest { InfoHash = shares[0].InfoHash, Destination = arguments.Folder });
        return Describe(await transfer.Completion.WaitAsync(Patience));
    }

    /// <summary>Receives one file after the other by name, each as soon as the one before is there; the first line of input ends with the number of files to wait for.</summary>
    /// <returns>For each file the milliseconds, and a + where there was no link to its publisher before.</returns>
    private async Task<string> ReceiveEachAsync(IPeer peer, string[] addresses)
    {
        var count = int.Parse(addresses[^1], CultureInfo.InvariantCulture);
        await peer.ConnectAsync(addresses[..^1]);
        IReadOnlyList<ShareInfo> shares;
        while ((shares = peer.GetShares(new ShareQuery())).Count < count) await Task.Delay(10);
        // What is measured is receiving, not the last of the catalogue.
        await Task.Delay(500);
        var times = new List<string>();
        foreach (var name in shares.Select(static share => share.Name).ToList())
        {
            var linked = peer.GetLinkedPeers();
            var started = Stopwatch.GetTimestamp();
            var share = peer.GetShares(new ShareQuery { LiteralNames = [name] })[0];
            var transfer = await peer.ReceiveAsync(new ReceiveRequest { InfoHash = share.InfoHash, Destination = arguments.Folder });
            await transfer.Completion.WaitAsync(Patience);
            var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds.ToString("0.000", CultureInfo.InvariantCulture);
            times.Add(peer.GetLinkedPeers().Count > linked.Count ? elapsed + "+" : elapsed);
        }

        return string.Join(' ', times);
    }

    private static string Describe(TransferInfo info) => string.Create(CultureInfo.InvariantCulture, $"received {info.BytesReceived} wasted {info.BytesWasted}");

    private static string Seconds(long started) => Stopwatch.GetElapsedTime(started).TotalSeconds.ToString("0.0000", CultureInfo.InvariantCulture);

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
