namespace P2PShare.Engine.Tests.Membership.Simulation;

/// <summary>Faults of all kinds in random order, in rounds; after each round all is healed and the swarm must agree.</summary>
internal static class Churn
{
    private const int StepsPerRound = 25;
    private const double Bound = 180;

    public static string Run(int seed, int steps)
    {
        using var simulation = new Simulation(seed, 16);
        var random = simulation.Random;
        foreach (var peer in simulation.Peers)
            peer.ConnectTo = [.. Enumerable.Range(0, 3).Select(_ => simulation.Peers[random.Next(simulation.Peers.Count)]).Where(other => other != peer).Select(other => other.At), simulation.Peers[(Index(peer) + 1) % simulation.Peers.Count].At];
        foreach (var peer in simulation.Peers.Take(10)) peer.Start();
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var step = 1; step <= Math.Max(steps, StepsPerRound); step++)
        {
            var what = Fault(simulation);
            counts[what] = counts.GetValueOrDefault(what) + 1;
            simulation.Advance(random.Next(4) == 0 ? random.NextDouble() * 20 : random.NextDouble() * 2);
            if (step % StepsPerRound != 0) continue;
            Halves(simulation);
            simulation.Network.UnblockAll();
            foreach (var peer in simulation.Peers) simulation.Network.AllowIncoming(peer.Address);
            simulation.Trace("all is healed");
            Introduce(simulation);
            simulation.MustAgree(Bound, $"after step {step}");
        }

        return $"{Math.Max(steps, StepsPerRound)} steps ({string.Join(", ", counts.Select(pair => $"{pair.Value} {pair.Key}"))}) in {simulation.Time.Elapsed.TotalMinutes:0} min, agreed after at most {simulation.LongestAgreement.TotalSeconds:0.0} s, term {simulation.Coordinator.View.Term}";

        int Index(SimulatedPeer peer) => simulation.Peers.ToList().IndexOf(peer);
    }

    private static string Fault(Simulation simulation)
    {
        var random = simulation.Random;
        var peer = simulation.Peers[random.Next(simulation.Peers.Count)];
        var other = simulation.Peers[random.Next(simulation.Peers.Count)];
        var running = simulation.Running.Count();
        // Those that others follow are hit more often than chance would have it.
        if (random.Next(3) == 0 && running > 0) peer = simulation.Coordinator.IsRunning ? simulation.Coordinator : peer;
        var what = Apply();
        simulation.Trace($"{what}: {peer.Name} {other.Name}");
        return what;

        string Apply()
        {
            switch (random.Next(10))
            {
                case 0 or 1 when !peer.IsRunning:
                    peer.Start();
                    return "starts";
                case 2 when !peer.IsRunning:
                    peer.Start(withState: false);
                    return "starts without state";
                case 3 when peer.IsRunning && running > 3:
                    peer.Stop(saysGoodbye: true);
                    return "leaves";
                case 4 when peer.IsRunning && running > 3:
                    peer.Stop(saysGoodbye: false);
                    return "crashes";
                case 5 when peer.IsRunning:
                    peer.Stop(saysGoodbye: false);
                    peer.Start(withState: random.Next(2) == 0);
                    return "restarts";
                case 6:
                    simulation.CutOff(peer);
                    return "isolations";
                case 7 when peer != other:
                    simulation.Network.Block(peer.Address, other.Address);
                    return "one-way cuts";
                case 8 when peer != other:
                    simulation.Cut([peer], [other]);
                    return "cuts";
                case 9 when random.Next(2) == 0:
                    simulation.Network.RefuseIncoming(peer.Address);
                    return "firewalls";
                default:
                    simulation.Network.UnblockAll();
                    return "healings";
            }
        }
    }

    // Who lost its state, and was given addresses of which none is in use, knows nobody, and nobody need know of it: where there is
    // no discovery its administrator has to name one that runs.
    private static void Introduce(Simulation simulation)
    {
        var running = simulation.Running.ToArray();
        foreach (var peer in running.Where(peer => peer.View.Present.Count == 1 && !running.Any(other => peer.ConnectTo.Contains(other.At))))
        {
            var other = running[simulation.Random.Next(running.Length)];
            if (other == peer) other = running[(Array.IndexOf(running, peer) + 1) % running.Length];
            simulation.Trace($"{peer.Name} is told of {other.Name}");
            peer.Membership.Connect([other.At]);
        }
    }

    // While two groups cannot reach each other, each must come to agree by itself.
    private static void Halves(Simulation simulation)
    {
        simulation.Network.UnblockAll();
        foreach (var peer in simulation.Peers) simulation.Network.AllowIncoming(peer.Address);
        var running = simulation.Running.ToArray();
        if (running.Length < 4) return;
        // Who has not met those of its side yet could not be found by them once it is cut off from the others.
        Introduce(simulation);
        simulation.MustAgree(running, Bound, "before the swarm is cut in two");
        simulation.Random.Shuffle(running);
        var size = simulation.Random.Next(1, running.Length);
        var (left, right) = (running[..size], running[size..]);
        simulation.Cut(left, right);
        simulation.Trace($"cut into {size} and {running.Length - size}");
        simulation.MustAgree(left, Bound, "one part of a divided swarm");
        simulation.MustAgree(right, Bound, "the other part of a divided swarm");
    }
}
