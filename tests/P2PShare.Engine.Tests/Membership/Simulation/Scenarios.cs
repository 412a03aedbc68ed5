using P2PShare.Engine.Membership;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Membership.Simulation;

/// <summary>What is simulated. Each returns a line of figures, or throws.</summary>
internal static class Scenarios
{
    /// <summary>By name; the arguments are the seed and, where it has any, the number of steps.</summary>
    public static IReadOnlyDictionary<string, Func<int, int, string>> All { get; } = new Dictionary<string, Func<int, int, string>>
    {
        ["cold-start"] = (seed, _) => ColdStart(seed, 200),
        ["take-over"] = (seed, _) => TakeOver(seed),
        ["isolated-member"] = (seed, _) => IsolatedMember(seed),
        ["no-direct-way"] = (seed, _) => NoDirectWay(seed),
        ["undialable-senior"] = (seed, _) => UndialableSenior(seed),
        ["two-halves"] = (seed, _) => TwoHalves(seed, 100),
        ["flapping-coordinator"] = (seed, _) => FlappingCoordinator(seed),
        ["churn"] = Churn.Run,
        ["joins"] = (seed, peers) => Joins.Run(seed, peers > 0 ? peers : 1000),
    };

    private static string ColdStart(int seed, int count)
    {
        using var simulation = new Simulation(seed, count);
        var shuffled = simulation.Peers.ToArray();
        simulation.Random.Shuffle(shuffled);
        for (var i = 0; i < count; i++)
        {
            // A ring, so that everybody can be found, and some more at random.
            List<string> known = [shuffled[(i + 1) % count].At];
            for (var j = 0; j < 3; j++) known.Add(shuffled[simulation.Random.Next(count)].At);
            shuffled[i].ConnectTo = known;
        }

        foreach (var peer in simulation.Peers) peer.Start();
        simulation.MustAgree(60, "200 started at once");
        var term = simulation.Coordinator.View.Term;
        simulation.Must(60, "deputies", () => simulation.Running.All(peer => peer.View.Deputies.SequenceEqual(simulation.Coordinator.View.Deputies)) && simulation.Coordinator.View.Deputies.Length == 2);
        return $"{count} agree after {simulation.LongestAgreement.TotalSeconds:0.0} s, term {term}, {simulation.Network.Connections} connections, {simulation.Network.Bytes / 1024 / 1024} MiB";
    }

    private static string TakeOver(int seed)
    {
        var times = new List<string>();
        foreach (var (how, bound) in new[] { ("killed", 1.0), ("leaves", 1.0), ("silent", 7.0), ("deputy-too", 10.0), ("both-silent", 14.0) })
        {
            using var simulation = Formed(seed, 8);
            var coordinator = simulation.Coordinator;
            var deputies = coordinator.View.Deputies.Select(simulation.Find).ToList();
            var term = coordinator.View.Term;
            var started = simulation.Time.Elapsed;
            List<SimulatedPeer> gone = [coordinator];
            if (how is "deputy-too" or "both-silent") gone.Add(deputies[0]);
            // All at one moment: stopping takes its time.
            if (how is "killed" or "deputy-too")
                foreach (var peer in gone) simulation.Network.Kill(peer.Address);
            foreach (var peer in gone)
            {
                if (how is "silent" or "both-silent") simulation.CutOff(peer);
                else peer.Stop(saysGoodbye: how == "leaves");
            }

            var left = simulation.Running.Except(gone).ToList();
            simulation.Must(bound, how + ": all know the new coordinator", () => left.All(peer => peer.View.Coordinator == deputies[gone.Count - 1].Id && peer.View.Term == term + 1));
            times.Add($"{how} {(simulation.Time.Elapsed - started).TotalSeconds:0.0} s");
            simulation.MustAgree(left, 30, how);
            foreach (var peer in left) simulation.Require(peer.Isolations == 0, $"{how}: {peer.Name} was isolated");
            simulation.Network.UnblockAll();
            simulation.MustAgree(90, how + ", and healed");
            simulation.Require(how is not "silent" || simulation.Coordinator == deputies[0], "the old coordinator steps back");
        }

        return string.Join(", ", times);
    }

    private static string IsolatedMember(int seed)
    {
        using var simulation = Formed(seed, 8);
        var coordinator = simulation.Coordinator;
        foreach (var victim in new[] { simulation.Find(coordinator.View.Deputies[0]), simulation.Running.Last(peer => peer != coordinator) })
        {
            var term = coordinator.View.Term;
            var changes = simulation.Running.ToDictionary(peer => peer, peer => peer.CoordinatorChanges);
            for (var round = 0; round < 10; round++)
            {
                simulation.CutOff(victim);
                simulation.Must(40, "the others miss it, and it knows", () => victim.View.State == PeerState.Isolated && coordinator.View.Present.Count == 7);
                simulation.Require(victim.View.Term == term, $"an isolated peer went from term {term} to {victim.View.Term}");
                simulation.Advance(simulation.Random.NextDouble() * 30);
                simulation.Network.UnblockAll();
                simulation.MustAgree(90, $"round {round}: the cable is plugged in again");
                simulation.Require(simulation.Coordinator == coordinator, "a member's broken cable moved the others");
            }

            foreach (var (peer, before) in changes)
                simulation.Require(peer == victim || peer.CoordinatorChanges == before, $"{peer.Name} was moved by another's broken cable");
            simulation.Require(coordinator.View.Term == term, "a member's broken cable changed the term");
        }

        return $"20 times isolated and healed, agreed again after at most {simulation.LongestAgreement.TotalSeconds:0.0} s";
    }

    private static string NoDirectWay(int seed)
    {
        var longest = TimeSpan.Zero;
        var relays = 0;
        // Each of the three has to be the coordinator once: A, in the middle, and B and C, which cannot reach each other.
        foreach (var first in new[] { 0, 1, 2 })
        {
            foreach (var cutLater in new[] { false, true })
            {
                using var simulation = new Simulation(seed, 3);
                var (a, b, c) = (simulation.Peers[0], simulation.Peers[1], simulation.Peers[2]);
                if (!cutLater) simulation.Cut([b], [c]);
                var start = simulation.Peers[first];
                start.Start();
                simulation.Advance(3);
                foreach (var peer in simulation.Peers.Where(peer => peer != start).OrderBy(peer => peer != a))
                {
                    // Nobody is given the address of whom it cannot reach.
                    peer.ConnectTo = peer == a ? [start.At] : [a.At];
                    peer.Start();
                    simulation.Advance(cutLater ? 10 : 3);
                }

                if (cutLater)
                {
                    simulation.MustAgree(30, "before the cut");
                    simulation.Cut([b], [c]);
                    simulation.Must(30, "the cut is noticed", () => b.Transport.FindLink(c.Id) is null && c.Transport.FindLink(b.Id) is null);
                }

                simulation.MustAgree(90, $"{start.Name} first, {(cutLater ? "cut later" : "cut from the start")}");
                simulation.Advance(60);
                simulation.MustAgree(30, "a minute later");
                if (simulation.LongestAgreement > longest) longest = simulation.LongestAgreement;
                var relayed = simulation.Coordinator != a;
                if (relayed) relays++;
                simulation.Require(b.Transport.FindLink(c.Id) is null, "there is a link where there is no way");
                simulation.Network.UnblockAll();
                var (one, other) = (b, c);
                if (relayed) simulation.Must(150, "the direct way is used when it is there again", () => one.Transport.FindLink(other.Id) is not null);
                simulation.MustAgree(90, "with a direct way again");
                simulation.CutOff(a);
                simulation.MustAgree([b, c], 120, "the relay gone");
            }
        }

        return $"agreed after at most {longest.TotalSeconds:0.0} s, {relays} of 6 times over a relay";
    }

    private static string UndialableSenior(int seed)
    {
        using var simulation = Formed(seed, 8);
        var coordinator = simulation.Coordinator;
        var senior = simulation.Find(coordinator.View.Deputies[0]);
        simulation.Network.RefuseIncoming(senior.Address);
        simulation.Must(120, "a deputy that cannot be dialled loses its place", () => simulation.Running.All(peer => peer.View.Deputies.Length == 2 && !peer.View.Deputies.Contains(senior.Id)));
        simulation.Require(coordinator.View.Present.Contains(senior.Id), "it is a member all the same");
        var next = coordinator.View.Deputies[0];
        simulation.Must(30, "links to the next", () => simulation.Running.All(peer => peer.Id == next || peer.Transport.FindLink(next) is not null));
        coordinator.Stop(saysGoodbye: false);
        simulation.MustAgree(30, "the coordinator killed");
        simulation.Require(simulation.Coordinator.Id == next, "the next in seniority takes over");
        return $"agreed after at most {simulation.LongestAgreement.TotalSeconds:0.0} s";
    }

    private static string TwoHalves(int seed, int half)
    {
        using var simulation = Formed(seed, 2 * half);
        var shuffled = simulation.Peers.ToArray();
        simulation.Random.Shuffle(shuffled);
        var (left, right) = (shuffled[..half], shuffled[half..]);
        simulation.Cut(left, right);
        simulation.MustAgree(left, 120, "one half by itself");
        simulation.MustAgree(right, 120, "the other half by itself");
        simulation.Advance(20);
        simulation.MustAgree(left, 30, "one half, later");
        var terms = (left[0].View.Term, right[0].View.Term);
        var started = simulation.Time.Elapsed;
        simulation.Network.UnblockAll();
        simulation.MustAgree(180, "the halves merge");
        var term = simulation.Coordinator.View.Term;
        simulation.Require(term > Math.Max(terms.Item1, terms.Item2), $"terms {terms} became {term}");
        return $"two halves of {half} are one {(simulation.Time.Elapsed - started).TotalSeconds:0.0} s after the cut is healed; terms {terms.Item1} and {terms.Item2} became {term}";
    }

    private static string FlappingCoordinator(int seed)
    {
        using var simulation = Formed(seed, 10);
        var flapping = simulation.Coordinator;
        var changes = 0;
        for (var round = 0; round < 15; round++)
        {
            var before = simulation.Running.First(peer => peer != flapping).View.Coordinator;
            switch (round % 3)
            {
                case 0:
                    flapping.Stop(saysGoodbye: false);
                    simulation.MustAgree(60, $"round {round}: killed");
                    flapping.Start(withState: round % 2 == 0);
                    break;
                case 1:
                    simulation.CutOff(flapping);
                    simulation.Advance(1 + simulation.Random.NextDouble() * 20);
                    simulation.Network.UnblockAll();
                    break;
                default:
                    flapping.Stop(saysGoodbye: true);
                    simulation.MustAgree(60, $"round {round}: left");
                    flapping.Start();
                    break;
            }

            simulation.MustAgree(120, $"round {round}: back");
            if (simulation.Coordinator.Id != before) changes++;
            simulation.Advance(simulation.Random.NextDouble() * 40);
        }

        // Once it has lost its place it is the most junior: its coming and going moves nobody.
        simulation.Require(changes <= 2, $"the coordinator changed {changes} times");
        return $"15 times gone and back, the coordinator changed {changes} times, agreed after at most {simulation.LongestAgreement.TotalSeconds:0.0} s";
    }

    /// <summary>A swarm that agrees, has two deputies, and everybody's link to the first; the addresses of a few are known to all.</summary>
    public static Simulation Formed(int seed, int count)
    {
        var simulation = new Simulation(seed, count);
        var known = simulation.Peers.Take(1).Select(peer => peer.At).ToArray();
        foreach (var peer in simulation.Peers)
        {
            if (peer != simulation.Peers[0]) peer.ConnectTo = known;
            peer.Start();
        }

        simulation.MustAgree(60, "started");
        simulation.Must(60, "deputies, and links to the first", () =>
        {
            var deputies = simulation.Coordinator.View.Deputies;
            return deputies.Length == 2 && simulation.Running.All(peer =>
                peer.View.Deputies.SequenceEqual(deputies) && (peer.Id == deputies[0] || peer.Transport.FindLink(deputies[0]) is not null));
        });
        return simulation;
    }
}
