using System.Globalization;
using P2PShare.Engine.Transfers;
using Xunit.Abstractions;

namespace P2PShare.Engine.Tests.Transfers.Simulation;

/// <summary>One share from one host to eleven others, in simulated time: how close to what their cables allow.</summary>
public sealed class FanoutTests(ITestOutputHelper output)
{
    private const int KiB = 1024;
    private const int MiB = 1024 * KiB;
    private const int Receivers = 11;

    // A quarter of 100 Mbit/s, and pieces of a quarter.
    private const double Rate = 100e6 / 8 / 4;
    private const int PieceLength = 64 * KiB;

    private static readonly int Size = Environment.GetEnvironmentVariable("P2PSHARE_SIM_MIB") is { } size ? int.Parse(size, CultureInfo.InvariantCulture) * MiB : 16 * MiB;
    private static readonly TestShare Share = TestShare.Make(1, PieceLength, Size);

    // What a slow host holds back does not grow with the share: of a small one it is a large part.
    private static readonly TestShare LargerShare = TestShare.Make(2, PieceLength, 2 * Size);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(200);

    [Fact]
    public async Task All_have_it_almost_as_soon_as_their_cables_allow()
    {
        await using var swarm = new RatedSwarm(Share);
        var (source, receivers) = await StartAsync(swarm);
        await swarm.RunUntil(() => receivers.All(host => host.DoneAt is not null), Bound);
        var times = Report("plain", source, receivers);
        Assert.InRange(times[Receivers / 2], 1, 1.2);
        Assert.InRange(times[^1], 1, 1.35);
        Assert.InRange(source.BlockBytesSent, Size, 1.25 * Size);
    }

    [Fact]
    public async Task A_host_at_a_tenth_of_the_speed_delays_the_others_little()
    {
        await using var swarm = new RatedSwarm(LargerShare);
        var (source, receivers) = await StartAsync(swarm, rate: i => i == 3 ? Rate / 10 : Rate);
        var others = receivers.Where(host => host.Rate == Rate).ToList();
        await swarm.RunUntil(() => others.All(host => host.DoneAt is not null), Bound);
        var times = Report("slow", source, others, 2 * Size);
        Assert.InRange(times[^1], 1, 1.2);
        Assert.InRange(source.BlockBytesSent, 2 * Size, 1.25 * 2 * Size);
    }

    [Fact]
    public async Task The_source_may_leave_when_it_has_sent_little_more_than_once_all_of_it()
    {
        await using var swarm = new RatedSwarm(Share);
        var (source, receivers) = await StartAsync(swarm);
        await swarm.RunUntil(() => source.BlockBytesSent > 1.1 * Size || receivers.All(host => host.DoneAt is not null), Bound);
        swarm.Kill(source);
        await swarm.RunUntil(() => receivers.All(host => host.DoneAt is not null), Bound);
        var times = Report("leaves", source, receivers);
        Assert.InRange(times[^1], 1, 1.35);
    }

    [Fact]
    public async Task A_host_killed_half_way_costs_the_others_little()
    {
        await using var swarm = new RatedSwarm(Share);
        var (source, receivers) = await StartAsync(swarm);
        await swarm.RunUntil(() => receivers[5].Transfer!.GetSnapshot().PercentComplete > 50, Bound);
        swarm.Kill(receivers[5]);
        var others = receivers.Where(host => !host.IsGone).ToList();
        await swarm.RunUntil(() => others.All(host => host.DoneAt is not null), Bound);
        var times = Report("killed", source, others);
        Assert.InRange(times[^1], 1, 1.35);
    }

    [Fact]
    public async Task Latency_costs_little()
    {
        await using var swarm = new RatedSwarm(Share) { Latency = TimeSpan.FromMilliseconds(5) };
        var (source, receivers) = await StartAsync(swarm);
        await swarm.RunUntil(() => receivers.All(host => host.DoneAt is not null), Bound);
        var times = Report("latency", source, receivers);
        Assert.InRange(times[Receivers / 2], 1, 1.25);
    }

    private static async Task<(RatedHost Source, List<RatedHost> Receivers)> StartAsync(RatedSwarm swarm, Func<int, double>? rate = null)
    {
        var source = swarm.Add(Rate);
        var receivers = Enumerable.Range(0, Receivers).Select(i => swarm.Add(rate?.Invoke(i) ?? Rate)).ToList();
        foreach (var host in receivers) host.Receive();
        source.Seed();
        await swarm.Settle(() => receivers.TrueForAll(host => host.Transfer is { Queue: { IsPaused: false }, Sessions.Length: Receivers }), "sessions");
        return (source, receivers);
    }

    private List<double> Report(string name, RatedHost source, IReadOnlyList<RatedHost> receivers, int? size = null)
    {
        var length = size ?? Size;
        var times = receivers.Select(host => host.DoneAt!.Value.TotalSeconds / (length / Rate)).Order().ToList();
        var waste = receivers.Average(host => (double)host.Transfer!.GetSnapshot().BytesWasted / length);
        var line = string.Create(CultureInfo.InvariantCulture, $"{name}: first {times[0]:0.000}, median {times[times.Count / 2]:0.000}, last {times[^1]:0.000}; source {(double)source.BlockBytesSent / length:0.000} F; waste {waste:0.0000}; uploads {string.Join(' ', receivers.Select(host => (host.BlockBytesSent / (double)length).ToString("0.00", CultureInfo.InvariantCulture)))}");
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("P2PSHARE_SIM_LOG") is { } path) File.AppendAllText(path, line + "\n");
        return times;
    }
}
