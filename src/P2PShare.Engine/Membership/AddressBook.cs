using System.Net;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Membership;

/// <summary>
/// Where the swarm may be found: addresses the user gave, addresses remembered from earlier, addresses heard on the local
/// network; with what each last answered and when it is tried next. Thread-safe.
/// </summary>
internal sealed class AddressBook(TimeProvider time, Random random)
{
    private const int MaxRemembered = 64;
    private const int MaxHeard = 64;
    private const int MaxHeardAtOnce = 4;
    private const int MaxHeardTries = 3;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    // Time for the newcomer to join by itself: of all that hear it, none should have to dial.
    private static readonly TimeSpan HeardDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan HeardSpread = TimeSpan.FromSeconds(8);

    // Any peer is enough to join by: of addresses given the first is tried alone, and this much later twice as many each time.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    // When one has answered, the swarm is being joined, and with that most of the others are known to be there.
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Line> _lines = new(StringComparer.OrdinalIgnoreCase);
    private long _listenSince;
    private TimeSpan _listenFor;
    private int _atOnce = 1;
    private long _stepped;
    private long? _answeredAt;

    /// <summary>Where the peers of the roster say to be: what was only heard of there, and what was given and not tried yet, need not be dialled.</summary>
    public Func<IEnumerable<IPEndPoint>> PresentAddresses { get; set; } = () => [];

    /// <summary>Whether the user gave any address.</summary>
    public bool HasGiven
    {
        get
        {
            lock (_lock) return _lines.Values.Any(line => line.Given);
        }
    }

    /// <summary>Whether every address has been tried at least once, and others have had time to be heard.</summary>
    public bool AllTried
    {
        get
        {
            lock (_lock) return _lines.Values.All(line => line.Tries > 0) && time.GetElapsedTime(_listenSince) >= _listenFor;
        }
    }

    /// <summary>All addresses, and whether the user gave them.</summary>
    public IReadOnlyList<(string Address, bool Given)> Known
    {
        get
        {
            lock (_lock) return [.. _lines.Values.Select(line => (Addresses.Format(line.EndPoint), line.Given))];
        }
    }

    /// <exception cref="P2PShareException">InvalidAddress.</exception>
    public void Give(string address)
    {
        var endPoint = Addresses.Parse(address);
        lock (_lock)
        {
            var line = Add(endPoint);
            if (!line.Given) line.LastTry = time.GetTimestamp();
            line.Given = true;
        }
    }

    public void Remember(string address)
    {
        try
        {
            var endPoint = Addresses.Parse(address);
            lock (_lock)
            {
                if (_lines.Values.Count(line => !line.Given && !line.Heard) < MaxRemembered) Add(endPoint);
            }
        }
        catch (P2PShareException)
        {
            // A line of an older or damaged file: not worth a word.
        }
    }

    /// <summary>From now on others may be heard: nobody is alone before so much time has passed.</summary>
    public void AwaitHeard(TimeSpan duration)
    {
        lock (_lock) (_listenSince, _listenFor) = (time.GetTimestamp(), duration);
    }

    /// <summary>Notes an address heard on the local network. Anybody can send those, so few are kept, and not for long.</summary>
    /// <param name="atOnce">Whether it is tried at once, or only when whoever is there has not joined by itself in some seconds.</param>
    public void Hear(IPEndPoint address, bool atOnce)
    {
        if (PresentAddresses().Contains(address)) return;
        lock (_lock)
        {
            var endPoint = new DnsEndPoint(address.Address.ToString(), address.Port);
            if (_lines.TryGetValue(Addresses.Format(endPoint), out var known))
            {
                // Who was given up, or not yet there, has just said that it is.
                if (known.Failure is not null && !known.UnderWay) known.Delay = default;
                return;
            }

            if (_lines.Values.Count(line => line.Heard) >= MaxHeard) return;
            var line = Add(endPoint);
            line.Heard = true;
            line.HeardAt = address;
            line.LastTry = time.GetTimestamp();
            if (!atOnce) line.Delay = HeardDelay + random.NextDouble() * HeardSpread;
        }
    }

    /// <summary>The addresses that are due. Of those the user gave, and that were not tried before, few at first.</summary>
    /// <param name="isKnown">Whether a peer is connected or in the roster already, so that its address need not be dialled.</param>
    /// <param name="all">Whether those remembered are wanted too, or only those the user gave and those that were heard.</param>
    public IReadOnlyList<DnsEndPoint> TakeDue(Func<PeerId, bool> isKnown, bool all)
    {
        lock (_lock)
        {
            // A long list of addresses and a large roster are compared on every tick.
            var present = _lines.Values.Any(static line => !line.UnderWay && (line.Heard || line.Tries == 0)) ? PresentAddresses().ToHashSet() : [];
            foreach (var (key, line) in _lines.Where(pair => pair.Value is { HeardAt: { } at, UnderWay: false } && present.Contains(at)).ToList()) _lines.Remove(key);
            var due = _lines.Values
                .Where(line => (all || line.Given || line.Heard) && !line.UnderWay && (line.Peer is not { } peer || !isKnown(peer)))
                .Where(line => line is { Tries: 0, Heard: false } ? !IsElsewhere(line, present) : time.GetElapsedTime(line.LastTry) >= line.Delay)
                .ToList();
            HoldBack(due);
            var heard = MaxHeardAtOnce - _lines.Values.Count(line => line is { Heard: true, UnderWay: true });
            due.RemoveAll(line => line.Heard && heard-- <= 0);
            foreach (var line in due) line.UnderWay = true;
            return [.. due.Select(line => line.EndPoint)];
        }
    }

    /// <summary>Notes that an address is this peer's own: a list that is the same on every machine has it, and nobody is met there.</summary>
    public void NoteSelf(DnsEndPoint endPoint, PeerId self)
    {
        lock (_lock) NoteOutcome(endPoint, self, failure: null);
    }

    /// <summary>Notes what came of a try: the peer that answered, or why none did.</summary>
    /// <returns>Whether it is worth an event: the first failure of its kind in a row, of an address that the user gave.</returns>
    public bool Note(DnsEndPoint endPoint, PeerId? peer, string? failure)
    {
        lock (_lock)
        {
            if (failure is null) _answeredAt = time.GetTimestamp();
            return NoteOutcome(endPoint, peer, failure);
        }
    }

    private bool NoteOutcome(DnsEndPoint endPoint, PeerId? peer, string? failure)
    {
        var key = Addresses.Format(endPoint);
        if (!_lines.TryGetValue(key, out var line)) return false;
        line.UnderWay = false;
        line.Tries++;
        line.LastTry = time.GetTimestamp();
        line.Peer = peer ?? line.Peer;
        line.Failure = failure;
        if (failure is null)
        {
            line.Told.Clear();
            line.HeardTries = 0;
            line.Delay = FirstDelay;
        }
        else
        {
            line.Delay = line.Delay == default || line.Tries == 1 ? FirstDelay : line.Delay * 1.6;
        }

        if (line.Delay > LongestDelay) line.Delay = LongestDelay;
        line.Delay *= 0.8 + 0.4 * random.NextDouble();
        // One that was heard and is nobody is forgotten; it may be heard again.
        if (line.Heard && failure is not null && ++line.HeardTries >= MaxHeardTries) _lines.Remove(key);
        return failure is not null && line.Given && line.Told.Add(failure);
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

    // A peer of the roster says to be there. It may mean a network of its own with the same addresses, so in the end that is tried, too.
    private bool IsElsewhere(Line line, HashSet<IPEndPoint> present) =>
        line.Given && line.Numeric is { } address && present.Contains(address) && time.GetElapsedTime(line.LastTry) < LongestDelay;

    private void HoldBack(List<Line> due)
    {
        var untried = due.FindAll(static line => line is { Given: true, Tries: 0 });
        if (untried.Count == 0)
        {
            _atOnce = 1;
            return;
        }

        var now = time.GetTimestamp();
        var isUnderWay = _lines.Values.Any(static line => line is { Given: true, Tries: 0, UnderWay: true });
        if ((isUnderWay && time.GetElapsedTime(_stepped, now) < Step) || (_answeredAt is { } answered && time.GetElapsedTime(answered, now) < JoinPatience))
        {
            due.RemoveAll(untried.Contains);
            return;
        }

        foreach (var later in untried.Skip(_atOnce)) due.Remove(later);
        _atOnce *= 2;
        _stepped = now;
    }

    private Line Add(DnsEndPoint endPoint)
    {
        var key = Addresses.Format(endPoint);
        if (!_lines.TryGetValue(key, out var line)) _lines.Add(key, line = new Line(endPoint));
        // What the user gives, or the peer remembers, is more than hearsay.
        (line.Heard, line.HeardAt) = (false, null);
        return line;
    }

    private sealed class Line(DnsEndPoint endPoint)
    {
        public DnsEndPoint EndPoint { get; } = endPoint;

        /// <summary>The same when its host is no name.</summary>
        public IPEndPoint? Numeric { get; } = IPAddress.TryParse(endPoint.Host, out var address) ? new IPEndPoint(address, endPoint.Port) : null;

        public bool Given { get; set; }

        public bool Heard { get; set; }

        public IPEndPoint? HeardAt { get; set; }

        public int HeardTries { get; set; }

        public bool UnderWay { get; set; }

        public int Tries { get; set; }

        public long LastTry { get; set; }

        public TimeSpan Delay { get; set; }

        public PeerId? Peer { get; set; }

        public string? Failure { get; set; }

        /// <summary>The failures told since it last answered.</summary>
        public HashSet<string> Told { get; } = [];
    }
}
