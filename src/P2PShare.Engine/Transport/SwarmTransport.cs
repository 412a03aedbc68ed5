using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using P2PShare.Engine.Errors;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transport;

/// <summary>All connections of a peer: listens, dials, keeps one link to each peer, opens channels.</summary>
internal sealed partial class SwarmTransport : IChannelOpener, ILinkHost, IAsyncDisposable
{
    // A silent link is to be noticed after three heartbeats, not after up to four.
    private const int LooksPerHeartbeat = 8;

    private static readonly TimeSpan CloneProbe = TimeSpan.FromMilliseconds(750);

    private readonly INetwork _network;
    private readonly ILinkAuthenticator _authenticator;
    private readonly TransportOptions _options;
    private readonly TimeProvider _time;
    private readonly LinkTable _links;
    private readonly Dialler _dialler;
    private readonly HandshakeGate _handshakes;
    private readonly BootNonce _nonce = NewNonce();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<PeerId, TaskCompletionSource<Link>> _dials = new();
    private readonly ConcurrentDictionary<Link, Task> _running = new();
    private readonly ConcurrentDictionary<ForeignConnection, Task> _foreign = new();
    private readonly byte[] _foreignId;
    private IChannelAcceptor? _acceptor;
    private ITransportEvents? _events;
    private INetworkListener? _listener;
    private ITimer? _heartbeat;
    private Task _accepting = Task.CompletedTask;

    public SwarmTransport(PeerId self, INetwork network, ILinkAuthenticator authenticator, TransportOptions options, TimeProvider time)
    {
        Self = self;
        _network = network;
        _authenticator = authenticator;
        _options = options;
        _time = time;
        _links = new LinkTable(self);
        _handshakes = new HandshakeGate(options.MaxHandshakes, time);
        _dialler = new Dialler(network, authenticator, self, options, time);
        // BEP 20 style; the rest is of no meaning, since in a swarm the certificate is the identity.
        _foreignId = [.. "-PS0100-"u8, .. self.Value.ToArray()[..12]];
        Stopping = _stopping.Token;
    }

    public PeerId Self { get; }

    public int Port { get; private set; }

    /// <summary>Cancelled when the peer stops.</summary>
    public CancellationToken Stopping { get; }

    public TimeSpan HeartbeatInterval => _options.HeartbeatInterval;

    /// <summary>After so long without a byte a link is given up.</summary>
    public TimeSpan SilenceLimit => _options.MissedHeartbeats * _options.HeartbeatInterval;

    /// <summary>Whether goodbye is being said: what ends now was ended here.</summary>
    public bool IsStopping { get; private set; }

    public IReadOnlyList<Link> Links => _links.All;

    /// <summary>Takes the port. Connections wait in the kernel until <see cref="Start"/>.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The port cannot be had.</exception>
    public void Listen(int port)
    {
        _listener = _network.Listen(_options.ListenAddress, port);
        Port = _listener.Port;
    }

    /// <summary>Begins to accept and to dial.</summary>
    public void Start(ITransportEvents events, IChannelAcceptor acceptor)
    {
        _events = events;
        _acceptor = acceptor;
        _accepting = new ConnectionAcceptor(_listener!, this, _options, _time).RunAsync(Stopping);
        _heartbeat = _time.CreateTimer(_ => Beat(), null, _options.HeartbeatInterval / LooksPerHeartbeat, _options.HeartbeatInterval / LooksPerHeartbeat);
    }

    public Link? FindLink(PeerId peer) => _links.Find(peer);

    /// <summary>Dials an address, whoever is there; of a name, all its addresses.</summary>
    /// <param name="address">Where.</param>
    /// <param name="expected">Who must be there; null for any member.</param>
    /// <returns>The link to that peer: a new one, or the one there was.</returns>
    /// <exception cref="P2PShareException">PeerUnreachable, PeerRefused.</exception>
    public async Task<Link> DialAsync(DnsEndPoint address, PeerId? expected, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Stopping);
        return await _dialler.DialAsync(Addresses.Format(address), [address], expected, GreetAsync, limit.Token).ConfigureAwait(false);
    }

    /// <summary>
    /// The link to a peer: the one there is, or a new one to any of its addresses. Where it does not answer at once, it is
    /// also asked to call back. The attempt is one for all that want the link, and goes on when one of them gives up.
    /// </summary>
    /// <param name="peer">Whom to reach.</param>
    /// <param name="cancellationToken">Ends the wait, not the attempt.</param>
    /// <param name="mayAsk">Whether the peer may be asked to call back.</param>
    /// <exception cref="P2PShareException">PeerUnreachable, PeerRefused: names each address and why.</exception>
    public async Task<Link> ConnectAsync(PeerId peer, CancellationToken cancellationToken, bool mayAsk = true)
    {
        if (_links.Find(peer) is { } existing) return existing;
        var completion = new TaskCompletionSource<Link>(TaskCreationOptions.RunContinuationsAsynchronously);
        var current = _dials.GetOrAdd(peer, completion);
        if (current == completion) _ = ReachAsync(peer, completion, mayAsk);
        return await current.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task OpenChannelAsync(PeerId peer, InfoHash share, IChannelHandler handler, CancellationToken cancellationToken)
    {
        var link = await ConnectAsync(peer, cancellationToken).ConfigureAwait(false);
        await link.OpenChannelAsync(share, handler, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Connects to a foreign client in plain BitTorrent (BEP 3) and opens the session, which then goes on by itself.</summary>
    /// <param name="address">Where.</param>
    /// <param name="share">The full info-hash; its first 20 bytes are sent.</param>
    /// <param name="prepare">Makes the session, given what the client announced.</param>
    /// <exception cref="P2PShareException">PeerUnreachable, PeerRefused.</exception>
    public async Task OpenForeignAsync(DnsEndPoint address, InfoHash share, Func<HandshakeFeatures, IChannelHandler> prepare, CancellationToken cancellationToken)
    {
        var text = Addresses.Format(address);
        var connection = await ConnectAsync(address, text, cancellationToken).ConfigureAwait(false);
        try
        {
            using var timeout = new CancellationTokenSource(_options.HandshakeTimeout, _time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token, Stopping);
            await SendForeignHandshakeAsync(connection, share.Value.ToArray()[..Handshake.IdSize], limit.Token).ConfigureAwait(false);
            var bytes = new byte[Handshake.Size];
            await connection.Stream.ReadExactlyAsync(bytes, limit.Token).ConfigureAwait(false);
            var remote = Handshake.Read(bytes);
            if (!remote.IsFor(share)) throw Refused(text, "it answered for another torrent");
            var foreign = new ForeignConnection(connection, prepare(remote.Features), _options, _time);
            _foreign.TryAdd(foreign, RunForeignAsync(foreign));
        }
        catch (Exception error) when (error is IOException or Protocol.ProtocolException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw Refused(text, "it does not serve this torrent in plain BitTorrent", error);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Says goodbye on all links and closes everything.</summary>
    public async Task StopAsync(string reason)
    {
        if (_stopping.IsCancellationRequested) return;
        IsStopping = true;
        if (_listener is not null) await _listener.DisposeAsync().ConfigureAwait(false);
        if (_heartbeat is not null) await _heartbeat.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_links.All.Select(link => link.CloseAsync(GoodbyeReason.ShuttingDown, reason))).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        // Those that came up while the others were told goodbye; later ones find the token cancelled.
        foreach (var link in _links.All) link.CloseConnection(reason);
        await Task.WhenAll([_accepting, .. _running.Values, .. _foreign.Values]).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync("this peer is stopping").ConfigureAwait(false);
        _dialler.Dispose();
        _handshakes.Dispose();
        _stopping.Dispose();
    }

    /// <summary>The acceptor's part of a link: TLS, hello, welcome. Returns what carries it until it ends.</summary>
    internal async Task<Func<Task>?> AcceptLinkAsync(NetworkConnection connection, CancellationToken cancellationToken)
    {
        var stream = await _handshakes.RunAsync(() => _authenticator.AuthenticateAsServerAsync(connection.Stream, cancellationToken), cancellationToken).ConfigureAwait(false);
        var identity = await LinkHandshake.ReadHelloAsync(stream, connection, _time, cancellationToken).ConfigureAwait(false);
        if (identity is null || identity.Remote == Self) return null;
        if (identity.IsProbe)
        {
            await AnswerProbeAsync(stream.Stream, connection, cancellationToken).ConfigureAwait(false);
            return null;
        }

        if (await IsCloneAsync(identity, cancellationToken).ConfigureAwait(false))
        {
            await LinkHandshake.RefuseAsync(stream.Stream, RefusalReason.DuplicateIdentity, "", cancellationToken).ConfigureAwait(false);
            throw Refused(connection.RemoteText, LinkHandshake.Describe(RefusalReason.DuplicateIdentity));
        }

        if (Stopping.IsCancellationRequested) return null;
        await LinkHandshake.WelcomeAsync(stream.Stream, connection, _nonce, Port, _time, cancellationToken).ConfigureAwait(false);
        var link = Register(identity, stream.Stream);
        return () => link.Ended;
    }

    internal IChannelHandler? AcceptForeign(Handshake remote) => _acceptor!.AcceptForeign(remote.InfoHash, remote.Features);

    internal async Task SendForeignHandshakeAsync(NetworkConnection connection, byte[] infoHash, CancellationToken cancellationToken)
    {
        var bytes = new byte[Handshake.Size];
        new Handshake(HandshakeFeatures.Extensions | HandshakeFeatures.Fast | HandshakeFeatures.V2Upgrade, infoHash, _foreignId).Write(bytes);
        await connection.Stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
    }

    internal void ReportRefused(string address, string reason) => _events?.OnRefused(address, reason, incoming: true);

    string ILinkHost.NameOf(PeerId peer) => _events!.NameOf(peer);

    IChannelHandler? ILinkHost.AcceptChannel(PeerId peer, InfoHash share) => _acceptor!.AcceptChannel(peer, share);

    void ILinkHost.OnMembershipMessage(Link link, MembershipMessageType type, ReadOnlySpan<byte> payload) => _events!.OnMembershipMessage(link, type, payload);

    void ILinkHost.OnLinkEnded(Link link, string reason)
    {
        _running.TryRemove(link, out _);
        _events!.OnLinkDown(link, reason, _links.Remove(link));
        link.Dispose();
    }

    private static P2PShareException Refused(string address, string reason, Exception? inner = null) => new(
        ErrorKind.ConnectionError, ErrorIds.PeerRefused, $"The connection with {address} was refused: {reason}.", address,
        "Check that the address is a peer of this swarm and that both machines use the swarm file of the same swarm.", inner);

    private static P2PShareException Unreachable(string address, string reason, Exception? inner = null) => new(
        ErrorKind.ConnectionError, ErrorIds.PeerUnreachable, $"No peer could be reached at {address}: {reason}.", address,
        "Check that a peer runs there, the port, and the firewalls in between.", inner);

    private async Task<NetworkConnection> ConnectAsync(DnsEndPoint address, string text, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.ConnectTimeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token, Stopping);
        try
        {
            return await _network.ConnectAsync(address, limit.Token).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            throw Unreachable(text, error.Message, error);
        }
        catch (OperationCanceledException error) when (timeout.IsCancellationRequested)
        {
            throw Unreachable(text, $"no answer within {_options.ConnectTimeout.TotalSeconds:0} s", error);
        }
    }

    private async Task ReachAsync(PeerId peer, TaskCompletionSource<Link> completion, bool mayAsk)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        try
        {
            // It may have dialled before this attempt could be seen.
            if (_links.Find(peer) is { } link) completion.TrySetResult(link);
            else await DialOrAskAsync(peer, completion, mayAsk, ending.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is P2PShareException or OperationCanceledException or ObjectDisposedException)
        {
            completion.TrySetException(error as P2PShareException ?? Unreachable(_events!.NameOf(peer), "the attempt was given up", error));
            // Whoever waits for it has the exception; nobody may, and then it is not unobserved.
            _ = completion.Task.Exception;
        }
        finally
        {
            _dials.TryRemove(new KeyValuePair<PeerId, TaskCompletionSource<Link>>(peer, completion));
            await ending.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task DialOrAskAsync(PeerId peer, TaskCompletionSource<Link> completion, bool mayAsk, CancellationToken cancellationToken)
    {
        DnsEndPoint[] addresses = [.. _events!.AddressesOf(peer).Select(Addresses.Parse).Where(address => !IsOwn(address))];
        var isAnswered = false;
        var dialling = _dialler.DialAsync(_events.NameOf(peer), addresses, peer, GreetAsync, cancellationToken, () => Volatile.Write(ref isAnswered, true));
        await Task.WhenAny(dialling, completion.Task, Task.Delay(_options.CallBackAfter, _time, cancellationToken)).ConfigureAwait(false);
        // Who answers, but has many handshakes to make, is not helped by one more: it is given longer.
        if (Volatile.Read(ref isAnswered)) await Task.WhenAny(dialling, completion.Task, Task.Delay(4 * _options.CallBackAfter, _time, cancellationToken)).ConfigureAwait(false);
        var isAsked = mayAsk && !dialling.IsCompletedSuccessfully && !completion.Task.IsCompleted && _events.TryRequestCallBack(peer);
        try
        {
            // A link that the other side dials completes it too.
            completion.TrySetResult(await (await Task.WhenAny(dialling, completion.Task).ConfigureAwait(false)).ConfigureAwait(false));
        }
        catch (P2PShareException error) when (isAsked)
        {
            try
            {
                await completion.Task.WaitAsync(_options.HandshakeTimeout, _time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                throw new P2PShareException(error.Kind, error.ErrorId, error.Message + " It was asked to call back, and did not.", error.Target, error.Recommendation, error);
            }
        }
        finally
        {
            _ = dialling.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private bool IsOwn(DnsEndPoint address) => address.Port == Port && IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip);

    /// <summary>The dialler's part of a link: hello, welcome.</summary>
    private async Task<Link> GreetAsync(DialledConnection connection, CancellationToken cancellationToken)
    {
        var text = Addresses.Format(connection.Address);
        using var timeout = new CancellationTokenSource(_options.HandshakeTimeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var identity = await LinkHandshake.DialAsync(connection.Proven, connection.Network, _nonce, Port, _time, limit.Token).ConfigureAwait(false);
            return Register(identity, connection.Proven.Stream);
        }
        catch (Exception error)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw error switch
            {
                OperationCanceledException when timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested =>
                    DialFailure.Refused(text, $"it did not welcome us within {_options.HandshakeTimeout.TotalSeconds:0} s"),
                P2PShareException refused => DialFailure.Refused(text, refused.Message, refused),
                IOException or ObjectDisposedException => DialFailure.Refused(text, "the connection broke during the handshake", error),
                Protocol.ProtocolException => DialFailure.Refused(text, error.Message, error),
                _ => error,
            };
        }
    }

    // A restarted peer has a new nonce and its old link is dead; a link that still answers belongs to a copy of the machine.
    private async Task<bool> IsCloneAsync(LinkIdentity identity, CancellationToken cancellationToken)
    {
        if (_links.Find(identity.Remote) is not { } old || old.Identity.RemoteNonce == identity.RemoteNonce) return false;
        var before = old.BytesReceived;
        old.Send(new Ping(0, _time.GetUtcNow().ToUnixTimeMilliseconds()));
        var started = _time.GetTimestamp();
        while (!old.IsClosed && _time.GetElapsedTime(started) < CloneProbe)
        {
            if (old.BytesReceived != before) return true;
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, cancellationToken).ConfigureAwait(false);
        }

        return false;
    }

    private static BootNonce NewNonce()
    {
        Span<byte> bytes = stackalloc byte[BootNonce.Size];
        RandomNumberGenerator.Fill(bytes);
        return new BootNonce(bytes);
    }

    private Link Register(LinkIdentity identity, Stream stream)
    {
        var link = new Link(identity, stream, this, _options, _time);
        var primary = _links.Add(link, out var replaced);
        if (replaced is not null && replaced.Identity.RemoteNonce != identity.RemoteNonce) replaced.CloseConnection("its peer has restarted");
        if (primary) _events!.OnLinkUp(link);
        _running[link] = link.RunAsync();
        if (Stopping.IsCancellationRequested) link.CloseConnection("this peer is stopping");
        if (primary && _dials.TryGetValue(identity.Remote, out var waiting)) waiting.TrySetResult(link);
        return primary ? link : _links.Find(identity.Remote) ?? link;
    }

    private async Task RunForeignAsync(ForeignConnection foreign)
    {
        using (foreign) await foreign.RunAsync(Stopping).ConfigureAwait(false);
        _foreign.TryRemove(foreign, out _);
    }

    private void Beat()
    {
        foreach (var link in _links.All)
        {
            link.OnHeartbeat();
            if (link.IsIdle()) _ = link.CloseAsync(GoodbyeReason.Idle, link.IsDraining ? "there is another connection" : "not needed at the moment");
        }
    }
}
