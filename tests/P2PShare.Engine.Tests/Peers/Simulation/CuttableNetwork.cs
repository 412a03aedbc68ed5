using System.Collections.Concurrent;
using System.Net;
using P2PShare.Engine.Tests.Transport;
using P2PShare.Engine.Transport;

namespace P2PShare.Engine.Tests.Peers.Simulation;

/// <summary>A network in memory whose cables can be cut between any two hosts, connections that stand included.</summary>
internal sealed class CuttableNetwork
{
    private readonly MemoryNetwork _network = new();
    private readonly ConcurrentDictionary<(IPAddress, IPAddress), bool> _cut = new();
    private readonly List<(IPAddress From, IPAddress To, CancellationTokenSource Cut)> _open = [];
    private readonly Lock _gate = new();

    public INetwork Host(IPAddress address) => new HostNetwork(this, _network.Host(address), address);

    /// <summary>Cuts the cable between two hosts; both ends see their connections break.</summary>
    public void Cut(IPAddress one, IPAddress other)
    {
        _cut[(one, other)] = _cut[(other, one)] = true;
        lock (_gate)
        {
            foreach (var connection in _open.Where(open => (open.From.Equals(one) && open.To.Equals(other)) || (open.From.Equals(other) && open.To.Equals(one)))) connection.Cut.Cancel();
            _open.RemoveAll(static open => open.Cut.IsCancellationRequested);
        }
    }

    public void Mend(IPAddress one, IPAddress other)
    {
        _cut.TryRemove((one, other), out _);
        _cut.TryRemove((other, one), out _);
    }

    private sealed class HostNetwork(CuttableNetwork network, INetwork inner, IPAddress address) : INetwork
    {
        public async Task<NetworkConnection> ConnectAsync(DnsEndPoint target, CancellationToken cancellationToken)
        {
            var remote = IPAddress.Parse(target.Host);
            if (network._cut.ContainsKey((address, remote))) throw new IOException("No route to host");
            var connection = await inner.ConnectAsync(target, cancellationToken);
            var cut = new CancellationTokenSource();
            lock (network._gate) network._open.Add((address, remote, cut));
            return new Cuttable(connection, cut.Token);
        }

        public INetworkListener Listen(IPAddress? listen, int port) => inner.Listen(listen, port);
    }

    /// <summary>The dialler's end: when it breaks, what it holds is closed, and the other end sees that.</summary>
    private sealed class Cuttable(NetworkConnection inner, CancellationToken cut)
        : NetworkConnection(new CuttableStream(inner.Stream, cut), inner.Local, inner.Remote)
    {
        public override ValueTask<int> PeekByteAsync(CancellationToken cancellationToken) => inner.PeekByteAsync(cancellationToken);
    }

    private sealed class CuttableStream(Stream inner, CancellationToken cut) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, cut);
            try
            {
                return await inner.ReadAsync(buffer, either.Token);
            }
            catch (OperationCanceledException) when (cut.IsCancellationRequested)
            {
                throw new IOException("The cable is cut.");
            }
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, cut);
            try
            {
                await inner.WriteAsync(buffer, either.Token);
            }
            catch (OperationCanceledException) when (cut.IsCancellationRequested)
            {
                throw new IOException("The cable is cut.");
            }
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
