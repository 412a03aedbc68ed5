using System.Net;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Membership;

/// <summary>
/// Where the swarm may be found: addresses the user gave, addresses remembered from earlier, with what each last answered
/// and when it is tried next. Thread-safe.
/// </summary>
internal sealed class AddressBook(TimeProvider time, Random random)
{
    private const int MaxRemembered = 64;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Line> _lines = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the user gave any address.</summary>
    public bool HasGiven
    {
        get
        {
            lock (_lock) return _lines.Values.Any(line => line.Given);
        }
    }

    /// <summary>Whether every address has been tried at least once.</summary>
    public bool AllTried
    {
        get
        {
            lock (_lock) return _lines.Values.All(line => line.Tries > 0);
        }
    }

    /// <exception cref="P2PShareException">InvalidAddress.</exception>
    public void Give(string address) => Add(Addresses.Parse(address), given: true);

    public void Remember(string address)
    {
        lock (_lock)
        {
            if (_lines.Count >= MaxRemembered) return;
        }

        try
        {
            Add(Addresses.Parse(address), given: false);
        }
        catch (P2PShareException)
        {
            // A line of an older or damaged file: not worth a word.
        }
    }

    /// <summary>The addresses that are due.</summary>
    /// <param name="isPresent">Whether a peer is in the roster already, so that its address need not be dialled.</param>
    /// <param name="all">Whether those remembered are wanted too, or only those the user gave.</param>
    public IReadOnlyList<DnsEndPoint> TakeDue(Func<PeerId, bool> isPresent, bool all)
    {
        lock (_lock)
        {
            var due = _lines.Values
                .Where(line => (all || line.Given) && !line.UnderWay && (line.Peer is not { } peer || !isPresent(peer)))
                .Where(line => line.Tries == 0 || time.GetElapsedTime(line.LastTry) >= line.Delay)
                .ToList();
            foreach (var line in due) line.UnderWay = true;
            return [.. due.Select(line => line.EndPoint)];
        }
    }

    /// <summary>Notes what came of a try: the peer that answered, or why none did.</summary>
    /// <returns>Whether it is worth an event: the first failure in a row of an address that the user gave.</returns>
    public bool Note(DnsEndPoint endPoint, PeerId? peer, string? failure)
    {
        lock (_lock)
        {
            if (!_lines.TryGetValue(Addresses.Format(endPoint), out var line)) return false;
            var first = failure is not null && line.Given && line.Failure != failure;
            line.UnderWay = false;
            line.Tries++;
            line.LastTry = time.GetTimestamp();
            line.Peer = peer ?? line.Peer;
            line.Failure = failure;
            var grown = failure is null || line.Delay == default ? FirstDelay : line.Delay * 1.6;
            line.Delay = (grown < LongestDelay ? grown : LongestDelay) * (0.8 + 0.4 * random.NextDouble());
            return first;
        }
    }

    /// <summary>Lets all addresses be tried again at once.</summary>
    public void Hurry()
    {
        lock (_lock)
            foreach (var line in _lines.Values) line.Delay = default;
    }

    /// <summary>Each address and what it last answered, for a message.</summary>
    public IReadOnlyList<string> Describe()
    {
        lock (_lock)
            return [.. _lines.Values.Select(line => $"{Addresses.Format(line.EndPoint)} ({line.Failure ?? (line.Tries == 0 ? "not answered yet" : "answered")})")];
    }

    private void Add(DnsEndPoint endPoint, bool given)
    {
        lock (_lock)
        {
            var key = Addresses.Format(endPoint);
            if (!_lines.TryGetValue(key, out var line)) _lines.Add(key, line = new Line(endPoint));
            line.Given |= given;
        }
    }

    private sealed class Line(DnsEndPoint endPoint)
    {
        public DnsEndPoint EndPoint { get; } = endPoint;

        public bool Given { get; set; }

        public bool UnderWay { get; set; }

        public int Tries { get; set; }

        public long LastTry { get; set; }

        public TimeSpan Delay { get; set; }

        public PeerId? Peer { get; set; }

        public string? Failure { get; set; }
    }
}
