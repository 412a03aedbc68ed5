using System.Diagnostics;
using System.Globalization;
using P2PShare.Engine;
using P2PShare.Engine.Identity;

namespace P2PShare.Benchmarks.Processes;

/// <summary>
/// Many engines in one process that join at once, with real TLS on loopback: how long until roster and catalogue are the same
/// on all, and what an idle peer takes.
/// </summary>
internal static class SwarmProcess
{
    public const string Usage = "swarm PEERS RUNS";

    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Target = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(int count, int runs)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} peers, {runs} runs, {Environment.ProcessorCount} cores, .NET {Environment.Version}"));
        Console.WriteLine("agree s | after last join s | cpu s | cpu ms/join | MiB/peer (managed) | MiB/peer (resident) | threads");
        for (var run = 0; run < runs; run++) await RunOnceAsync(count);
    }

    private static async Task RunOnceAsync(int count)
    {
        var folder = Directory.CreateTempSubdirectory("p2pshare-bench-").FullName;
        var peers = new List<SwarmPeer>();
        try
        {
            var swarm = SwarmFiles.Create("bench", Path.Combine(folder, "swarm"), overwrite: false, TimeProvider.System);
            var before = Measure();
            for (var i = 0; i < count; i++) peers.Add(await StartAsync(folder, swarm, i));
            foreach (var peer in peers) await peer.WaitForCatalogueAsync(Bound);
            await PublishAsync(folder, peers);

            using var process = Process.GetCurrentProcess();
            var cpu = process.TotalProcessorTime;
            var clock = Stopwatch.StartNew();
            var address = "127.0.0.1:" + peers[0].Port.ToString(CultureInfo.InvariantCulture);
            await Task.WhenAll(peers.Skip(1).Select(peer => peer.ConnectAsync([address])));
            TimeSpan? joined = null;
            var isToldOf = false;
            while (!Agree(peers))
            {
                if (joined is null && peers.TrueForAll(peer => peer.Membership.View.Present.Count > 1)) joined = clock.Elapsed;
                if (clock.Elapsed > Bound) throw new TimeoutException(Describe(peers));
                if (clock.Elapsed > Target && !isToldOf)
                {
                    isToldOf = true;
                    Console.WriteLine($"not agreed after {Target.TotalSeconds:0} s: {Describe(peers)}");
                }

                await Task.Delay(5);
            }

            var agreed = clock.Elapsed;
            process.Refresh();
            var used = process.TotalProcessorTime - cpu;
            // What was only needed to join is given back.
            await Task.Delay(TimeSpan.FromSeconds(3));
            var after = Measure();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{agreed.TotalSeconds,7:0.00} | {(agreed - (joined ?? agreed)).TotalSeconds,17:0.00} | {used.TotalSeconds,5:0.00} | {used.TotalMilliseconds / count,11:0.0} | {Mebibytes(after.Managed - before.Managed) / count,18:0.00} | {Mebibytes(after.Resident - before.Resident) / count,19:0.00} | {process.Threads.Count,7}"));
        }
        finally
        {
            await Task.WhenAll(peers.Select(peer => peer.DisposeAsync().AsTask()));
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<SwarmPeer> StartAsync(string folder, SwarmInfo swarm, int number) => (SwarmPeer)await Peer.StartAsync(new PeerOptions
    {
        SwarmPath = swarm.SwarmPath,
        Name = string.Create(CultureInfo.InvariantCulture, $"peer{number:000}"),
        Port = 0,
        ListenAddress = "127.0.0.1",
        StateRoot = Path.Combine(folder, "state"),
        Discovery = false,
        RandomSeed = number,
    });

    // A catalogue to agree about: one share of each of twenty peers.
    private static async Task PublishAsync(string folder, List<SwarmPeer> peers)
    {
        for (var i = 0; i < Math.Min(20, peers.Count); i++)
        {
            var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"share{i}.bin"));
            await File.WriteAllBytesAsync(path, BitConverter.GetBytes(i));
            await peers[i].PublishAsync(new Engine.Catalogue.PublishRequest { Name = Path.GetFileName(path), Path = path });
        }
    }

    private static bool Agree(List<SwarmPeer> peers)
    {
        var first = peers[0].Membership.View;
        if (!peers.TrueForAll(peer => peer.Membership.View is var roster && roster.Coordinator == first.Coordinator && roster.Present.Count == peers.Count)) return false;
        var digest = peers[0].Digest.ToArray();
        return peers.TrueForAll(peer => peer.Digest.ToArray().AsSpan().SequenceEqual(digest));
    }

    // The swarm that most follow, and what keeps each of the others.
    private static string Describe(List<SwarmPeer> peers)
    {
        var groups = peers.GroupBy(peer => (peer.Membership.View.Coordinator, peer.Membership.View.Present.Count)).OrderByDescending(group => group.Count()).ToList();
        var sizes = groups.Select(group => $"{group.Count()} follow {group.Key.Coordinator.ToString()[..8]} with {group.Key.Count} present");
        var late = groups.Skip(1).SelectMany(group => group).Take(5)
            .Select(peer => $"{peer.PeerId.ToString()[..8]}: {peer.Membership.View.State}, {peer.Membership.DescribeState(id => id.ToString()[..8])}");
        return string.Join("; ", sizes) + string.Concat(late.Select(line => Environment.NewLine + "  " + line));
    }

    private static (long Managed, long Resident) Measure()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var process = Process.GetCurrentProcess();
        return (GC.GetTotalMemory(forceFullCollection: true), process.WorkingSet64);
    }

    private static double Mebibytes(long bytes) => bytes / 1048576.0;
}
