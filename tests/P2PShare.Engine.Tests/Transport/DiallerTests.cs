using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Transport;

public sealed class DiallerTests
{
    private static readonly PeerId Self = RawMember.NewId(1);
    private static readonly PeerId Wanted = RawMember.NewId(2);
    private static readonly TransportOptions Patient = new() { ConnectTimeout = TimeSpan.FromMinutes(10), HandshakeTimeout = TimeSpan.FromMinutes(10) };

    private readonly ScriptedNetwork _network = new();

    [Fact]
    public async Task An_address_that_never_answers_does_not_hold_up_the_next()
    {
        _network.Answer("192.0.2.1", ScriptedNetwork.BlackHole);
        _network.Answer("192.0.2.2", ScriptedNetwork.Peer(Wanted));
        Assert.Equal("192.0.2.2", (await DialAsync(Patient, "192.0.2.1", "192.0.2.2")).Address.Host);
        // The one that lost is not waited for any longer.
        await Eventually.Holds(() => _network.Cancelled.Contains("192.0.2.1"));
    }

    [Fact]
    public async Task Who_accepts_and_says_nothing_does_not_hold_up_the_next_either()
    {
        _network.Answer("192.0.2.1", ScriptedNetwork.Silent);
        _network.Answer("192.0.2.2", ScriptedNetwork.Peer(Wanted));
        Assert.Equal("192.0.2.2", (await DialAsync(Patient, "192.0.2.1", "192.0.2.2")).Address.Host);
    }

    [Fact]
    public async Task Another_peer_at_an_address_is_not_taken_for_the_one_that_is_looked_for()
    {
        _network.Answer("192.0.2.1", ScriptedNetwork.Peer(RawMember.NewId(3)));
        _network.Answer("192.0.2.2", ScriptedNetwork.Peer(Wanted));
        Assert.Equal("192.0.2.2", (await DialAsync(Patient, "192.0.2.1", "192.0.2.2")).Address.Host);
    }

    [Fact]
    public async Task Families_take_turns()
    {
        var error = await Assert.ThrowsAsync<P2PShareException>(() => DialAsync(Patient, "192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.3", "2001:db8::2"));
        Assert.Equal(["192.0.2.1", "2001:db8::1", "192.0.2.2", "2001:db8::2", "192.0.2.3"], _network.Dialled);
        Assert.Equal(ErrorIds.PeerUnreachable, error.ErrorId);
    }

    [Fact]
    public async Task A_failure_names_each_address_and_why()
    {
        _network.Answer("192.0.2.1", ScriptedNetwork.Peer(RawMember.NewId(3)));
        _network.Answer("192.0.2.3", ScriptedNetwork.Peer(Self));
        var error = await Assert.ThrowsAsync<P2PShareException>(() => DialAsync(Patient, "192.0.2.1", "192.0.2.2", "192.0.2.3"));
        Assert.Equal(ErrorIds.PeerRefused, error.ErrorId);
        Assert.Contains("'west'", error.Message, StringComparison.Ordinal);
        Assert.Contains("192.0.2.1:5000 (another peer is there than was looked for)", error.Message, StringComparison.Ordinal);
        Assert.Contains("192.0.2.2:5000 (Connection refused)", error.Message, StringComparison.Ordinal);
        Assert.Contains("192.0.2.3:5000 (it is this peer itself)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_addresses_of_a_name_are_tried()
    {
        _network.Name("east", "192.0.2.1", "2001:db8::1", "192.0.2.2");
        _network.Answer("192.0.2.1", ScriptedNetwork.BlackHole);
        _network.Answer("192.0.2.2", ScriptedNetwork.Peer(Wanted));
        Assert.Equal("192.0.2.2", (await DialAsync(Patient, "east")).Address.Host);
        Assert.Equal(["192.0.2.1", "2001:db8::1", "192.0.2.2"], _network.Dialled);

        var error = await Assert.ThrowsAsync<P2PShareException>(() => DialAsync(Patient, "nowhere"));
        Assert.Contains("nowhere:5000 (the name is not known)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_greeting_fails_the_other_addresses_are_still_tried()
    {
        foreach (var host in new[] { "192.0.2.1", "192.0.2.2" }) _network.Answer(host, ScriptedNetwork.Peer(Wanted));
        using var dialler = new Dialler(_network, new PlainAuthenticator(Self), Self, Patient, TimeProvider.System);
        var used = await dialler.DialAsync("'west'", [At("192.0.2.1"), At("192.0.2.2")], Wanted, async (connection, _) =>
        {
            await connection.DisposeAsync();
            return connection.Address.Host == "192.0.2.2" ? "the second" : throw DialFailure.Refused("192.0.2.1:5000", "it is full");
        }, default);
        Assert.Equal("the second", used);
    }

    [Fact]
    public async Task No_more_handshakes_than_allowed_are_made_at_once()
    {
        var counting = new CountingAuthenticator();
        using var dialler = new Dialler(_network, counting, Self, Patient with { MaxHandshakes = 3 }, new FakeTimeProvider());
        _network.Answer("192.0.2.1", ScriptedNetwork.Silent);
        var dials = Enumerable.Range(0, 20).Select(_ => dialler.DialAsync("'west'", [At("192.0.2.1")], Wanted, (connection, _) => Task.FromResult(connection), default)).ToList();
        for (var ended = 0; ended < 20; ended++)
        {
            await Eventually.Holds(() => counting.UnderWay == Math.Min(3, 20 - ended));
            counting.FinishOne(Wanted);
        }

        foreach (var dial in dials) await (await dial).DisposeAsync();
        Assert.Equal(3, counting.Most);
    }

    private async Task<DialledConnection> DialAsync(TransportOptions options, params string[] hosts)
    {
        using var dialler = new Dialler(_network, new PlainAuthenticator(Self), Self, options, TimeProvider.System);
        var connection = await dialler.DialAsync("'west'", [.. hosts.Select(At)], Wanted, (opened, _) => Task.FromResult(opened), default).WaitAsync(TimeSpan.FromSeconds(60));
        await connection.DisposeAsync();
        return connection;
    }

    private static DnsEndPoint At(string host) => new(host, 5000);

    /// <summary>Holds handshakes open until the test ends them.</summary>
    private sealed class CountingAuthenticator : ILinkAuthenticator
    {
        private readonly ConcurrentQueue<TaskCompletionSource<PeerId>> _open = new();
        private int _underWay;
        private int _most;

        public int UnderWay => _open.Count;

        public int Most => _most;

        public void FinishOne(PeerId remote)
        {
            Assert.True(_open.TryDequeue(out var handshake));
            Interlocked.Decrement(ref _underWay);
            handshake.SetResult(remote);
        }

        public async Task<AuthenticatedConnection> AuthenticateAsClientAsync(Stream stream, CancellationToken cancellationToken)
        {
            var handshake = new TaskCompletionSource<PeerId>(TaskCreationOptions.RunContinuationsAsynchronously);
            var now = Interlocked.Increment(ref _underWay);
            for (var most = _most; now > most; most = _most) Interlocked.CompareExchange(ref _most, now, most);
            _open.Enqueue(handshake);
            return new AuthenticatedConnection(stream, await handshake.Task);
        }

        public Task<AuthenticatedConnection> AuthenticateAsServerAsync(Stream stream, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    /// <summary>A network in which each address does what the test says; the others refuse.</summary>
    private sealed class ScriptedNetwork : INetwork
    {
        private readonly ConcurrentDictionary<string, Func<IPEndPoint, CancellationToken, Task<NetworkConnection>>> _answers = new();
        private readonly ConcurrentDictionary<string, IPAddress[]> _names = new();

        public ConcurrentQueue<string> Dialled { get; } = new();

        public ConcurrentQueue<string> Cancelled { get; } = new();

        public void Answer(string host, Func<IPEndPoint, CancellationToken, Task<NetworkConnection>> answer) => _answers[host] = answer;

        public void Name(string name, params string[] addresses) => _names[name] = [.. addresses.Select(IPAddress.Parse)];

        public static async Task<NetworkConnection> BlackHole(IPEndPoint remote, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException();
        }

        public static Task<NetworkConnection> Silent(IPEndPoint remote, CancellationToken cancellationToken) => Task.FromResult<NetworkConnection>(Open(remote, out _));

        public static Func<IPEndPoint, CancellationToken, Task<NetworkConnection>> Peer(PeerId id) => (remote, cancellationToken) =>
        {
            var here = Open(remote, out var there);
            _ = new PlainAuthenticator(id).AuthenticateAsServerAsync(there, cancellationToken);
            return Task.FromResult<NetworkConnection>(here);
        };

        public async Task<NetworkConnection> ConnectAsync(DnsEndPoint address, CancellationToken cancellationToken)
        {
            Dialled.Enqueue(address.Host);
            if (!_answers.TryGetValue(address.Host, out var answer)) throw new IOException("Connection refused");
            try
            {
                return await answer(new IPEndPoint(IPAddress.Parse(address.Host), address.Port), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Cancelled.Enqueue(address.Host);
                throw;
            }
        }

        public Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken) =>
            _names.TryGetValue(host, out var addresses) ? Task.FromResult<IReadOnlyList<IPAddress>>(addresses) : throw new IOException("the name is not known");

        public INetworkListener Listen(IPAddress? address, int port) => throw new NotSupportedException();

        private static PipeConnection Open(IPEndPoint remote, out Stream other)
        {
            var (there, back) = (new Pipe(), new Pipe());
            other = new DuplexStream(there.Reader.AsStream(), back.Writer.AsStream());
            return new PipeConnection(new DuplexStream(back.Reader.AsStream(), there.Writer.AsStream()), remote);
        }
    }

    private sealed class PipeConnection(Stream stream, IPEndPoint remote) : NetworkConnection(stream, new IPEndPoint(IPAddress.Loopback, 1), remote)
    {
        public override ValueTask<int> PeekByteAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
