using System.Globalization;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Membership.Simulation;

/// <summary>What a join costs the newcomer and everybody else, in swarms of growing size.</summary>
internal static class Joins
{
    private const int Measured = 5;

    public static string Run(int seed, int most)
    {
        using var simulation = new Simulation(seed, most + 4 * Measured);
        var first = simulation.Peers[0];
        var next = 0;
        var costs = new List<Cost>();
        foreach (var size in new[] { most / 8, most / 4, most / 2, most })
        {
            while (next < size)
            {
                // In handfuls, as machines are switched on.
                for (var i = 0; i < 25 && next < size; i++) Start(simulation.Peers[next++]);
                simulation.MustAgree(60, $"{next} peers");
            }

            // Standing links are made, deputies known: what is counted is the joins alone.
            simulation.Advance(30);
            costs.Add(Measure(size));
        }

        foreach (var cost in costs)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {cost.Size,5} peers: the newcomer receives {cost.NewcomerMessages:0.0} messages, {cost.NewcomerBytes / 1024:0.0} KiB; every other one {cost.OtherMessages:0.00} messages, {cost.OtherBytes:0} bytes"));
        var (small, large) = (costs[1], costs[3]);
        var growth = large.NewcomerBytes / small.NewcomerBytes;
        simulation.Require(growth is > 2 and < 6, $"the newcomer's cost grew by {growth:0.0} where the swarm grew by 4");
        var others = large.OtherBytes / small.OtherBytes;
        simulation.Require(others is > 0.5 and < 1.5, $"the others' cost grew by {others:0.00}, and should not");
        simulation.Require(large.OtherMessages < 3, $"every other one received {large.OtherMessages:0.0} messages for one join");
        return string.Create(CultureInfo.InvariantCulture, $"where the swarm grew by 4, the newcomer's bytes grew by {growth:0.00} and everybody else's by {others:0.00}");

        void Start(SimulatedPeer peer)
        {
            if (peer != first) peer.ConnectTo = [first.At];
            peer.Start();
        }

        Cost Measure(int size)
        {
            var others = simulation.Running.Where(peer => peer != simulation.Coordinator).ToList();
            var cost = new Cost(size);
            for (var i = 0; i < Measured; i++)
            {
                var newcomer = simulation.Peers[most + costs.Count * Measured + i];
                var before = Received(others);
                Start(newcomer);
                simulation.MustAgree(30, $"one more than {size}");
                simulation.Advance(0.5);
                var after = Received(others);
                var own = Received([newcomer]);
                cost = cost with
                {
                    NewcomerBytes = cost.NewcomerBytes + own.Bytes / (double)Measured,
                    NewcomerMessages = cost.NewcomerMessages + own.Count / (double)Measured,
                    OtherBytes = cost.OtherBytes + (after.Bytes - before.Bytes) / (double)others.Count / Measured,
                    OtherMessages = cost.OtherMessages + (after.Count - before.Count) / (double)others.Count / Measured,
                };
                newcomer.Stop(saysGoodbye: true);
                simulation.MustAgree(30, "and gone");
                simulation.Advance(1);
            }

            return cost;
        }
    }

    private static (long Count, long Bytes) Received(IEnumerable<SimulatedPeer> peers)
    {
        long count = 0, bytes = 0;
        foreach (var peer in peers)
        {
            // What passes at intervals, whoever joins, is not a join's.
            foreach (var (type, (messages, size)) in peer.Received)
            {
                if (type is MembershipMessageType.Ping or MembershipMessageType.Pong or MembershipMessageType.Status) continue;
                count += messages;
                bytes += size;
            }
        }

        return (count, bytes);
    }

    private sealed record Cost(int Size)
    {
        public double NewcomerMessages { get; init; }

        public double NewcomerBytes { get; init; }

        public double OtherMessages { get; init; }

        public double OtherBytes { get; init; }
    }
}
