using System.Net;
using System.Net.Sockets;
using P2PShare.Protocol.Discovery;

namespace P2PShare.Engine.Discovery;

/// <summary>
/// Finds peers of the swarm on the local networks (BEP 14): announces this one, often at first and then ever more rarely,
/// and hears the others. What is heard is an address to try; who is there, TLS tells.
/// </summary>
internal sealed class LocalDiscovery : IAsyncDisposable
{
    /// <summary>How long a peer that knows of no other listens before it takes itself to be alone.</summary>
    public static readonly TimeSpan FirstListen = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestAnswerDelay = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan AnswerPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OtherSwarmAfter = TimeSpan.FromSeconds(5);

    // Of two hundred that could answer a newcomer, a few are enough.
    private const int EnoughAnswers = 2;

    private readonly DiscoveryId _id;
    private readonly LocalAnnouncement _own;
    private readonly IMulticast _multicast;
    private readonly IDiscoveryEvents _events;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly HeardLimits _limits;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stop;
    private readonly SemaphoreSlim _hurry = new(0, 1);
    private readonly SemaphoreSlim _sending = new(1, 1);
    private Task _running = Task.CompletedTask;
    private long? _lastAnswer;
    private volatile bool _isAnswering;
    private int _heard;
    private IPEndPoint? _other;
    private bool _otherTold;

    /// <param name="id">The swarm, as it is called on local networks.</param>
    /// <param name="port">The TCP port of this peer.</param>
    /// <param name="multicast">The groups; disposed with this.</param>
    /// <param name="random">Used by this alone.</param>
    public LocalDiscovery(DiscoveryId id, int port, IMulticast multicast, IDiscoveryEvents events, TimeProvider time, Random random)
    {
        _id = id;
        _own = new LocalAnnouncement { Port = port, Ids = [id], Cookie = LocalAnnouncement.MakeCookie(random.NextInt64()) };
        _multicast = multicast;
        _events = events;
        _time = time;
        _random = random;
        _limits = new HeardLimits(time);
        _stop = _stopping.Token;
    }

    /// <summary>Begins to announce and to listen.</summary>
    public void Start()
    {
        _multicast.InterfacesChanged += Hurry;
        _running = Task.WhenAll(AnnounceAsync(), ListenAsync(), TellOtherSwarmAsync());
    }

    /// <summary>Announces at once, and often again: the swarm was lost, or the network has changed.</summary>
    public void Hurry()
    {
        try
        {
            if (_hurry.CurrentCount == 0) _hurry.Release();
        }
        catch (SemaphoreFullException)
        {
            // Two at once are as good as one.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested) return;
        _multicast.InterfacesChanged -= Hurry;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _multicast.DisposeAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task AnnounceAsync()
    {
        var interval = FirstInterval;
        while (!_stop.IsCancellationRequested)
        {
            await SendAsync().ConfigureAwait(false);
            if (await WaitAsync(interval * Jitter()).ConfigureAwait(false)) interval = FirstInterval;
            else if (interval < LongestInterval) interval = 2 * interval < LongestInterval ? 2 * interval : LongestInterval;
        }
    }

    /// <returns>Whether there is a hurry.</returns>
    private async Task<bool> WaitAsync(TimeSpan delay)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop);
        var hurry = _hurry.WaitAsync(either.Token);
        var first = await Task.WhenAny(hurry, Task.Delay(delay, _time, either.Token)).ConfigureAwait(false);
        await either.CancelAsync().ConfigureAwait(false);
        await hurry.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return first == hurry && hurry.IsCompletedSuccessfully;
    }

    private async Task SendAsync()
    {
        try
        {
            await _sending.WaitAsync(_stop).ConfigureAwait(false);
            try
            {
                await _multicast.SendAsync(family => _own.Encode(family), _stop).ConfigureAwait(false);
            }
            finally
            {
                _sending.Release();
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // A network that is down today is asked again at the next interval.
        }
    }

    private async Task ListenAsync()
    {
        try
        {
            while (true)
            {
                var datagram = await _multicast.ReceiveAsync(_stop).ConfigureAwait(false);
                if (LocalAnnouncement.TryParse(datagram.Data.Span, out var announcement) && announcement.Cookie != _own.Cookie) Hear(announcement, datagram.From.Address);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // The peer is stopping.
        }
    }

    private void Hear(LocalAnnouncement announcement, IPAddress from)
    {
        var address = new IPEndPoint(from, announcement.Port);
        if (!announcement.Ids.Contains(_id))
        {
            if (announcement.IsOfSwarm) Interlocked.CompareExchange(ref _other, address, null);
            return;
        }

        Interlocked.Increment(ref _heard);
        if (!_limits.TryTake(address)) return;
        _events.OnHeard(address);
        // The other may be unable to be dialled from here, and not have heard what was sent before it came.
        if (_isAnswering || (_lastAnswer is { } last && _time.GetElapsedTime(last) < AnswerPause)) return;
        _isAnswering = true;
        _ = AnswerAsync(Volatile.Read(ref _heard), LongestAnswerDelay * NextDouble());
    }

    private async Task AnswerAsync(int heardBefore, TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, _time, _stop).ConfigureAwait(false);
            _lastAnswer = _time.GetTimestamp();
            if (Volatile.Read(ref _heard) - heardBefore < EnoughAnswers) await SendAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
        finally
        {
            _isAnswering = false;
        }
    }

    private async Task TellOtherSwarmAsync()
    {
        try
        {
            while (!_otherTold)
            {
                await Task.Delay(OtherSwarmAfter, _time, _stop).ConfigureAwait(false);
                if (Volatile.Read(ref _heard) > 0) return;
                if (Volatile.Read(ref _other) is not { } other || !_events.IsAlone) continue;
                _otherTold = true;
                _events.OnOtherSwarm(other);
            }
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }
    }

    private double Jitter() => 0.8 + 0.4 * NextDouble();

    private double NextDouble()
    {
        lock (_random) return _random.NextDouble();
    }
}
