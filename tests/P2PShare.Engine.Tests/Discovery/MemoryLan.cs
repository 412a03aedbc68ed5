using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using P2PShare.Engine.Discovery;

namespace P2PShare.Engine.Tests.Discovery;

/// <summary>A local network in memory: what one host sends to the groups, all hear, itself included.</summary>
internal sealed class MemoryLan
{
    private readonly ConcurrentDictionary<Host, bool> _hosts = new();

    public Host Join(IPAddress address) => new(this, address);

    /// <summary>Sends what no peer would.</summary>
    public void Send(byte[] datagram, IPEndPoint from)
    {
        foreach (var host in _hosts.Keys) host.Hear(new HeardDatagram(datagram, from));
    }

    internal sealed class Host : IMulticast
    {
        private readonly MemoryLan _lan;
        private readonly IPAddress _address;
        private readonly Channel<HeardDatagram> _heard = Channel.CreateUnbounded<HeardDatagram>();
        private int _sent;

        public Host(MemoryLan lan, IPAddress address)
        {
            _lan = lan;
            _address = address;
            lan._hosts[this] = true;
        }

        public event Action? InterfacesChanged;

        public int Waiting => _heard.Reader.Count;

        public int Sent => Volatile.Read(ref _sent);

        public void ChangeInterfaces() => InterfacesChanged?.Invoke();

        public void Hear(HeardDatagram datagram) => _heard.Writer.TryWrite(datagram);

        public Task SendAsync(Func<AddressFamily, ReadOnlyMemory<byte>> datagram, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _sent);
            _lan.Send(datagram(_address.AddressFamily).ToArray(), new IPEndPoint(_address, 40_000));
            return Task.CompletedTask;
        }

        public Task<HeardDatagram> ReceiveAsync(CancellationToken cancellationToken) => _heard.Reader.ReadAsync(cancellationToken).AsTask();

        public ValueTask DisposeAsync()
        {
            _lan._hosts.TryRemove(this, out _);
            return ValueTask.CompletedTask;
        }
    }
}
