using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using P2PShare.Engine.Transport;

namespace P2PShare.Engine.Tests.Transport;

/// <summary>A network in memory: every listener has a port of its own on 192.0.2.0/24 addresses; connections can be cut.</summary>
internal sealed class MemoryNetwork
{
    private readonly ConcurrentDictionary<IPEndPoint, Listener> _listeners = new();
    private readonly ConcurrentDictionary<IPAddress, bool> _closed = new();
    private int _lastPort = 10_000;

    /// <summary>The network as one host sees it.</summary>
    public INetwork Host(IPAddress address) => new HostNetwork(this, address);

    /// <summary>Puts a host behind a firewall: it can dial, and nobody can dial it.</summary>
    public void RefuseIncoming(IPAddress host) => _closed[host] = true;

    private sealed class HostNetwork(MemoryNetwork network, IPAddress address) : INetwork
    {
        public async Task<NetworkConnection> ConnectAsync(DnsEndPoint target, CancellationToken cancellationToken)
        {
            await Task.Yield();
            var remote = new IPEndPoint(IPAddress.Parse(target.Host), target.Port);
            if (network._closed.ContainsKey(remote.Address) || !network._listeners.TryGetValue(remote, out var listener)) throw new IOException("Connection refused");
            var local = new IPEndPoint(address, Interlocked.Increment(ref network._lastPort));
            var there = new Pipe();
            var back = new Pipe();
            if (!listener.Offer(new MemoryConnection(there.Reader, back.Writer, remote, local))) throw new IOException("Connection refused");
            return new MemoryConnection(back.Reader, there.Writer, local, remote);
        }

        public INetworkListener Listen(IPAddress? listen, int port)
        {
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
            network._listeners.TryRemove(EndPoint, out _);
            _queue.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class MemoryConnection(PipeReader reader, PipeWriter writer, IPEndPoint local, IPEndPoint remote)
        : NetworkConnection(new DuplexStream(reader.AsStream(), writer.AsStream()), local, remote)
    {
        public override async ValueTask<int> PeekByteAsync(CancellationToken cancellationToken)
        {
            var result = await reader.ReadAsync(cancellationToken);
            var first = result.Buffer.IsEmpty ? -1 : result.Buffer.FirstSpan[0];
            reader.AdvanceTo(result.Buffer.Start);
            return first;
        }
    }
}
