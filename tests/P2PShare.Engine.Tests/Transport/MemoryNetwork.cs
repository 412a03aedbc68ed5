using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using P2PShare.Engine.Transport;

namespace P2PShare.Engine.Tests.Transport;

/// <summary>
/// A network in memory: every listener has a port of its own on its host's address. Hosts can be put behind firewalls,
/// cut off from each other in one direction or both, and killed.
/// </summary>
internal sealed class MemoryNetwork
{
    private readonly ConcurrentDictionary<IPEndPoint, Listener> _listeners = new();
    private readonly ConcurrentDictionary<IPAddress, bool> _closed = new();
    private readonly ConcurrentDictionary<IPAddress, bool> _dead = new();
    private readonly ConcurrentDictionary<(IPAddress From, IPAddress To), bool> _blocked = new();
    private readonly ConcurrentDictionary<MemoryPath, bool> _paths = new();
    private int _lastPort = 10_000;
    private long _bytes;
    private long _connections;

    /// <summary>Bytes sent by anybody.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Connections made by anybody.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>Bytes that wait for a blocked direction to be free again.</summary>
    public long Held => _paths.Keys.Sum(static path => path.Held);

    /// <summary>The network as one host sees it.</summary>
    public INetwork Host(IPAddress address) => new HostNetwork(this, address);

    /// <summary>Puts a host behind a firewall: it can dial, and nobody can dial it.</summary>
    public void RefuseIncoming(IPAddress host) => _closed[host] = true;

    public void AllowIncoming(IPAddress host) => _closed.TryRemove(host, out _);

    /// <summary>From now on nothing arrives that one host sends to another, and nobody is told: it waits, as TCP would have it, until <see cref="Unblock"/>.</summary>
    public void Block(IPAddress from, IPAddress to) => _blocked[(from, to)] = true;

    public void Unblock(IPAddress from, IPAddress to)
    {
        if (!_blocked.TryRemove((from, to), out _)) return;
        foreach (var path in _paths.Keys.Where(path => path.From.Equals(from) && path.To.Equals(to))) path.Release();
    }

    public void UnblockAll()
    {
        foreach (var (from, to) in _blocked.Keys) Unblock(from, to);
    }

    /// <summary>Delivers what waits at this moment; what is sent from now on waits again.</summary>
    public void DeliverHeld()
    {
        foreach (var (path, bytes) in _paths.Keys.Select(static path => (path, path.TakeHeld())).ToList()) path.Deliver(bytes);
    }

    public bool IsBlocked(IPAddress from, IPAddress to) => _blocked.ContainsKey((from, to));

    /// <summary>The host's process ends without a word: all its connections end, and nobody can dial it.</summary>
    public void Kill(IPAddress host)
    {
        _dead[host] = true;
        foreach (var endPoint in _listeners.Keys.Where(endPoint => endPoint.Address.Equals(host))) _listeners.TryRemove(endPoint, out _);
        foreach (var path in _paths.Keys.Where(path => path.From.Equals(host) || path.To.Equals(host))) path.Break();
    }

    private sealed class HostNetwork(MemoryNetwork network, IPAddress address) : INetwork
    {
        public async Task<NetworkConnection> ConnectAsync(DnsEndPoint target, CancellationToken cancellationToken)
        {
            await Task.Yield();
            if (network._dead.ContainsKey(address)) throw new IOException("Network is down");
            var remote = new IPEndPoint(IPAddress.Parse(target.Host), target.Port);
            if (network.IsBlocked(address, remote.Address) || network.IsBlocked(remote.Address, address)) await Task.Delay(Timeout.Infinite, cancellationToken);
            if (network._closed.ContainsKey(remote.Address) || !network._listeners.TryGetValue(remote, out var listener)) throw new IOException("Connection refused");
            var local = new IPEndPoint(address, Interlocked.Increment(ref network._lastPort));
            var there = new MemoryPath(network, local.Address, remote.Address);
            var back = new MemoryPath(network, remote.Address, local.Address);
            if (!listener.Offer(new MemoryConnection(there, back, remote, local))) throw new IOException("Connection refused");
            Interlocked.Increment(ref network._connections);
            return new MemoryConnection(back, there, local, remote);
        }

        public INetworkListener Listen(IPAddress? listen, int port)
        {
            network._dead.TryRemove(address, out _);
            if (port == 0) port = Interlocked.Increment(ref network._lastPort);
            var listener = new Listener(network, new IPEndPoint(address, port));
            return network._listeners.TryAdd(listener.EndPoint, listener)
                ? listener
                : throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.AddressAlreadyInUse);
        }
    }

    private sealed class Listener(MemoryNetwork network, IPEndPoint endPoint) : INetworkListener
    {
        private readonly Channel<NetworkConnection> _queue = System.Threading.Channels.Channel.CreateUnbounded<NetworkConnection>();

        public IPEndPoint EndPoint { get; } = endPoint;

        public int Port => EndPoint.Port;

        public bool Offer(NetworkConnection connection) => _queue.Writer.TryWrite(connection);

        public async Task<NetworkConnection?> AcceptAsync(CancellationToken cancellationToken) =>
            await _queue.Reader.WaitToReadAsync(cancellationToken) && _queue.Reader.TryRead(out var connection) ? connection : null;

        public ValueTask DisposeAsync()
        {
            network._listeners.TryRemove(new KeyValuePair<IPEndPoint, Listener>(EndPoint, this));
            _queue.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>One direction of a connection.</summary>
    private sealed class MemoryPath : Stream
    {
        private readonly Lock _lock = new();
        private readonly MemoryNetwork _network;
        private readonly Pipe _pipe = new();
        private readonly List<byte[]> _held = [];
        private bool _ended;
        private bool _completed;

        public MemoryPath(MemoryNetwork network, IPAddress from, IPAddress to)
        {
            _network = network;
            From = from;
            To = to;
            Input = _pipe.Reader.AsStream();
            network._paths.TryAdd(this, true);
        }

        public IPAddress From { get; }

        public IPAddress To { get; }

        public Stream Input { get; }

        public long Held
        {
            get
            {
                lock (_lock) return _held.Sum(static bytes => (long)bytes.Length);
            }
        }

        public PipeReader Reader => _pipe.Reader;

        public override bool CanRead => false;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        /// <summary>What was held back goes on its way.</summary>
        public void Release()
        {
            lock (_lock)
            {
                foreach (var bytes in _held) _ = Put(bytes, CancellationToken.None).AsTask();
                _held.Clear();
                if (_ended) Complete();
            }
        }

        public List<byte[]> TakeHeld()
        {
            lock (_lock)
            {
                var taken = _held.ToList();
                _held.Clear();
                return taken;
            }
        }

        public void Deliver(List<byte[]> taken)
        {
            lock (_lock)
            {
                foreach (var bytes in taken) _ = Put(bytes, CancellationToken.None).AsTask();
            }
        }

        /// <summary>The connection ends for the reader, and writes fail.</summary>
        public void Break()
        {
            lock (_lock)
            {
                _ended = true;
                Complete();
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ValueTask<FlushResult> flush;
            lock (_lock)
            {
                if (_ended) throw new IOException("The connection is closed.");
                Interlocked.Add(ref _network._bytes, buffer.Length);
                if (_held.Count > 0 || _network.IsBlocked(From, To))
                {
                    _held.Add(buffer.ToArray());
                    return;
                }

                flush = Put(buffer.Span, cancellationToken);
            }

            await flush;
        }

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            lock (_lock)
            {
                _ended = true;
                if (_held.Count == 0 && !_network.IsBlocked(From, To)) Complete();
            }

            base.Dispose(disposing);
        }

        private ValueTask<FlushResult> Put(ReadOnlySpan<byte> bytes, CancellationToken cancellationToken)
        {
            if (_completed) return default;
            bytes.CopyTo(_pipe.Writer.GetSpan(bytes.Length));
            _pipe.Writer.Advance(bytes.Length);
            return _pipe.Writer.FlushAsync(cancellationToken);
        }

        private void Complete()
        {
            if (_completed) return;
            _completed = true;
            _pipe.Writer.Complete();
            _network._paths.TryRemove(this, out _);
        }
    }

    private sealed class MemoryConnection(MemoryPath input, MemoryPath output, IPEndPoint local, IPEndPoint remote)
        : NetworkConnection(new DuplexStream(input.Input, output), local, remote)
    {
        public override async ValueTask<int> PeekByteAsync(CancellationToken cancellationToken)
        {
            var result = await input.Reader.ReadAsync(cancellationToken);
            var first = result.Buffer.IsEmpty ? -1 : result.Buffer.FirstSpan[0];
            input.Reader.AdvanceTo(result.Buffer.Start);
            return first;
        }
    }
}
