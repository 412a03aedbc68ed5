using System.Text;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Tests.Transport;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Membership.Simulation;

/// <summary>Many peers, one network, one clock, one seed.</summary>
internal sealed class Simulation : IDisposable
{
    private readonly Dictionary<PeerId, SimulatedPeer> _byId = [];
    private readonly Queue<string> _trace = new();

    public Simulation(int seed, int peers)
    {
        Seed = seed;
        Random = new Random(seed);
        Peers = [.. Enumerable.Range(0, peers).Select(number => new SimulatedPeer(this, number))];
        foreach (var peer in Peers) _byId.Add(peer.Id, peer);
    }

    public int Seed { get; }

    public Random Random { get; }

    public VirtualTime Time { get; } = new();

    public MemoryNetwork Network { get; } = new();

    public TransportOptions Options { get; } = new();

    public IReadOnlyList<SimulatedPeer> Peers { get; }

    public IEnumerable<SimulatedPeer> Running => Peers.Where(peer => peer.IsRunning);

    /// <summary>The longest time it took the swarm to agree after the last fault.</summary>
    public TimeSpan LongestAgreement { get; private set; }

    public string NameOf(PeerId id) => _byId.TryGetValue(id, out var peer) ? peer.Name : "?";

    public SimulatedPeer Find(PeerId id) => _byId[id];

    public SimulatedPeer Coordinator => Find(Running.First().View.Coordinator);

    public void Trace(string line)
    {
        lock (_trace)
        {
            _trace.Enqueue($"{Time.Elapsed.TotalSeconds,9:0.00} {line}");
            if (_trace.Count > 400) _trace.Dequeue();
        }
    }

    /// <summary>Cuts groups off from each other, in both directions.</summary>
    public void Cut(IReadOnlyCollection<SimulatedPeer> some, IReadOnlyCollection<SimulatedPeer> others)
    {
        foreach (var one in some)
        {
            foreach (var other in others)
            {
                if (one == other) continue;
                Network.Block(one.Address, other.Address);
                Network.Block(other.Address, one.Address);
            }
        }
    }

    public void CutOff(SimulatedPeer peer) => Cut([peer], [.. Peers.Where(other => other != peer)]);

    public void Advance(double seconds)
    {
        Time.Advance(TimeSpan.FromSeconds(seconds));
        Check();
    }

    /// <summary>Waits until the given peers have one coordinator, one term and one roster: themselves.</summary>
    public void MustAgree(IReadOnlyCollection<SimulatedPeer> peers, double seconds, string when)
    {
        var started = Time.Elapsed;
        var expected = peers.Select(peer => peer.Id).ToHashSet();
        var agreed = Time.AdvanceUntil(TimeSpan.FromSeconds(seconds), () => Agree(peers, expected));
        Check();
        if (!agreed) Fail($"{when}: no agreement within {seconds:0} s of virtual time");
        var took = Time.Elapsed - started;
        if (took > LongestAgreement) LongestAgreement = took;
    }

    public void MustAgree(double seconds, string when) => MustAgree([.. Running], seconds, when);

    /// <summary>Waits for anything else.</summary>
    public void Must(double seconds, string what, Func<bool> condition)
    {
        var held = Time.AdvanceUntil(TimeSpan.FromSeconds(seconds), condition);
        Check();
        if (!held) Fail($"not within {seconds:0} s of virtual time: {what}");
    }

    public void Require(bool condition, string what)
    {
        if (!condition) Fail(what);
    }

    public void Fail(string what)
    {
        var text = new StringBuilder().AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"seed {Seed}, after {Time.Elapsed.TotalSeconds:0.0} s of virtual time: {what}");
        foreach (var peer in Running.Take(40)) text.AppendLine(peer.Describe());
        lock (_trace)
        {
            text.AppendLine("the last that happened:");
            foreach (var line in _trace) text.AppendLine(line);
        }

        throw new InvalidOperationException(text.ToString());
    }

    public void Dispose()
    {
        foreach (var peer in Peers) peer.Dispose();
    }

    private static bool Agree(IReadOnlyCollection<SimulatedPeer> peers, HashSet<PeerId> expected)
    {
        var coordinator = default(PeerId?);
        foreach (var peer in peers)
        {
            var view = peer.View;
            coordinator ??= view.Coordinator;
            if (view.Coordinator != coordinator || view.Present.Count != expected.Count || !(view.State == PeerState.Joined || expected.Count == 1)) return false;
        }

        if (coordinator is not { } agreed || !expected.Contains(agreed)) return false;
        return peers.Select(peer => peer.View.Term).Distinct().Count() == 1 && peers.All(peer => peer.View.Present.SetEquals(expected));
    }

    private void Check()
    {
        foreach (var peer in Peers)
            if (peer.Fault is { } fault) Fail($"{peer.Name}: {fault}");
    }
}
