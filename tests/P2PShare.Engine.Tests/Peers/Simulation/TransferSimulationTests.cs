using System.Globalization;
using P2PShare.Engine.Catalogue;

namespace P2PShare.Engine.Tests.Peers.Simulation;

/// <summary>Complete engines under faults in random order: what is there among those who reach each other arrives.</summary>
public sealed class TransferSimulationTests
{
    private static readonly int Steps = Environment.GetEnvironmentVariable("P2PSHARE_SIM_STEPS") is { } steps ? int.Parse(steps, CultureInfo.InvariantCulture) : 14;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Crashes_restarts_and_partitions_lose_nothing_and_in_the_end_all_arrives(int seed)
    {
        try
        {
            await SimulateAsync(seed, hosts: 6, Steps);
        }
        catch (Exception error)
        {
            Assert.Fail($"Seed {seed}: {error}");
        }
    }

    [Fact]
    public async Task Twenty_peers_receive_from_each_other_at_once_and_two_are_killed()
    {
        const int Hosts = 20;
        const int Length = 400_000;
        await using var swarm = new SimulatedSwarm(Hosts) { WithTls = true };
        foreach (var host in swarm.Hosts) await host.StartAsync(static options => options with { UploadLimit = Length / 4 });
        var shares = await Task.WhenAll(swarm.Hosts.Select(host => host.PublishAsync(Length)));
        await Task.WhenAll(swarm.Hosts.Select(host => host.ReceiveAsync(shares[(host.Number + 7) % Hosts])));
        await swarm.Until(() => swarm.Hosts.Sum(host => host.Engine!.GetTransfers().Sum(transfer => transfer.GetSnapshot().BytesReceived)) > Hosts * Length / 4, "a quarter of all");
        SimulatedHost[] killed = [swarm.Hosts[3], swarm.Hosts[11]];
        await Task.WhenAll(killed.Select(host => host.KillAsync()));
        // Whoever wanted what only a killed one had waits for it; all others complete.
        var lost = killed.Select(host => shares[host.Number].InfoHash).ToHashSet();
        var surviving = swarm.Hosts.Where(host => host.IsUp && !host.Wanted.Keys.Any(lost.Contains)).ToList();
        Assert.InRange(surviving.Count, Hosts - 4, Hosts - 2);
        await swarm.Until(() => surviving.TrueForAll(host => host.HasAll()), "the surviving transfers");
        surviving.ForEach(host => host.AssertCopies());
    }

    private static async Task SimulateAsync(int seed, int hosts, int steps)
    {
        var random = new Random(seed);
        await using var swarm = new SimulatedSwarm(hosts);
        // So slow that the faults fall into the middle of the transfers.
        static PeerOptions Slow(PeerOptions options) => options with { UploadLimit = 150_000 };
        foreach (var host in swarm.Hosts) await host.StartAsync(Slow);
        var shares = new List<ShareInfo>();
        foreach (var host in swarm.Hosts.Take(3)) shares.Add(await host.PublishAsync(random.Next(300_000, 900_000)));
        await Task.WhenAll(swarm.Hosts.SelectMany(host => shares.Where(share => share.Publisher != host.Name && random.Next(4) > 0).ToList().Select(host.ReceiveAsync)));
        for (var step = 0; step < steps; step++)
        {
            var host = swarm.Hosts[random.Next(hosts)];
            switch (random.Next(5))
            {
                case 0:
                    await host.KillAsync();
                    break;
                case 1 when !host.IsUp:
                    MendAll(swarm, host);
                    await host.StartAsync(Slow);
                    break;
                case 2:
                    // A random part of the swarm loses sight of the rest.
                    var part = swarm.Hosts.Where(_ => random.Next(2) == 0).ToList();
                    foreach (var one in part)
                        foreach (var other in swarm.Hosts.Except(part)) swarm.Network.Cut(one.Address, other.Address);
                    break;
                case 3:
                    swarm.Network.Cut(host.Address, swarm.Hosts[(host.Number + 1) % hosts].Address);
                    break;
                default:
                    foreach (var one in swarm.Hosts.Where(static one => one.IsUp)) MendAll(swarm, one);
                    break;
            }

            await swarm.PassAsync(TimeSpan.FromMilliseconds(random.Next(100, 1500)));
            foreach (var one in swarm.Hosts) one.CheckNothingIsLost();
        }

        foreach (var host in swarm.Hosts)
        {
            MendAll(swarm, host);
            if (!host.IsUp) await host.StartAsync();
            host.Engine!.SetLimits(null, null);
        }

        await swarm.Until(() => swarm.Hosts.All(host => host.HasAll()), "all transfers");
        foreach (var host in swarm.Hosts) host.AssertCopies();
    }

    private static void MendAll(SimulatedSwarm swarm, SimulatedHost host)
    {
        foreach (var other in swarm.Hosts.Where(other => other != host)) swarm.Network.Mend(host.Address, other.Address);
    }
}
