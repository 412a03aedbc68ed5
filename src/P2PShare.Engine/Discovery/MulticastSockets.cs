using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Threading.Channels;
using P2PShare.Protocol.Discovery;

namespace P2PShare.Engine.Discovery;

/// <summary>
/// The groups of local discovery on every interface that is up. One socket a family hears; one an interface sends, bound to
/// the interface's own address, which the others take for the peer's. Datagrams do not leave the local networks.
/// </summary>
internal sealed class MulticastSockets : IMulticast
{
    private const int MaxQueued = 256;

    private readonly IPAddress? _only;
    private readonly Lock _lock = new();
    private readonly Dictionary<AddressFamily, Socket> _receivers = [];
    private readonly Dictionary<LocalInterface, Socket> _senders = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<HeardDatagram> _heard = Channel.CreateBounded<HeardDatagram>(
        new BoundedChannelOptions(MaxQueued) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly List<Task> _receiving = [];
    private bool _disposed;

    private MulticastSockets(IPAddress? only) => _only = only;

    public event Action? InterfacesChanged;

    /// <summary>Takes the groups' port.</summary>
    /// <param name="listen">The one address that the peer listens on; null for all.</param>
    /// <exception cref="SocketException">It cannot be had in either family.</exception>
    public static MulticastSockets Open(IPAddress? listen)
    {
        var only = listen is null || listen.Equals(IPAddress.Any) || listen.Equals(IPAddress.IPv6Any) ? null : listen;
        var sockets = new MulticastSockets(only);
        SocketException? problem = null;
        foreach (var family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            if (listen is not null && listen.AddressFamily != family) continue;
            try
            {
                sockets.Receive(family);
            }
            catch (SocketException error)
            {
                problem ??= error;
            }
        }

        if (sockets._receivers.Count == 0) throw problem ?? new SocketException((int)SocketError.AddressFamilyNotSupported);
        sockets.Rescan();
        NetworkChange.NetworkAddressChanged += sockets.OnAddressChanged;
        return sockets;
    }

    public async Task SendAsync(Func<AddressFamily, ReadOnlyMemory<byte>> datagram, CancellationToken cancellationToken)
    {
        Rescan();
        KeyValuePair<LocalInterface, Socket>[] senders;
        lock (_lock) senders = [.. _senders];
        foreach (var (local, sender) in senders)
        {
            try
            {
                var group = local.Family == AddressFamily.InterNetworkV6 ? LocalAnnouncement.Group6 : LocalAnnouncement.Group4;
                await sender.SendToAsync(datagram(local.Family), SocketFlags.None, new IPEndPoint(group, LocalAnnouncement.GroupPort), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // This interface cannot, or is gone; the others can.
            }
        }
    }

    public async Task<HeardDatagram> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _heard.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(MulticastSockets));
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
        }

        NetworkChange.NetworkAddressChanged -= OnAddressChanged;
        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (var socket in _receivers.Values.Concat(_senders.Values)) socket.Dispose();
        await Task.WhenAll(_receiving).ConfigureAwait(false);
        _heard.Writer.TryComplete();
        _stopping.Dispose();
    }

    private void OnAddressChanged(object? sender, EventArgs e)
    {
        Rescan();
        InterfacesChanged?.Invoke();
    }

    private void Receive(AddressFamily family)
    {
        var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            // Every peer and torrent client of this machine listens on this port.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            if (family == AddressFamily.InterNetworkV6) socket.DualMode = false;
            socket.Bind(new IPEndPoint(family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, LocalAnnouncement.GroupPort));
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        _receivers.Add(family, socket);
        _receiving.Add(ReceiveAllAsync(socket, family));
    }

    private async Task ReceiveAllAsync(Socket socket, AddressFamily family)
    {
        var buffer = new byte[LocalAnnouncement.MaxLength + 1];
        var any = new IPEndPoint(family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, any, _stopping.Token).ConfigureAwait(false);
                var from = (IPEndPoint)received.RemoteEndPoint;
                if (received.ReceivedBytes <= LocalAnnouncement.MaxLength && IsLocal(from.Address))
                    _heard.Writer.TryWrite(new HeardDatagram(buffer.AsSpan(0, received.ReceivedBytes).ToArray(), from));
            }
            catch (SocketException)
            {
                // Too long a datagram on some systems, or an error of an earlier one reported here.
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    // Whatever a datagram says of its source: nobody is made to dial beyond the local networks.
    private bool IsLocal(IPAddress address)
    {
        lock (_lock) return _senders.Keys.Any(local => local.IsNeighbour(address));
    }

    private void Rescan()
    {
        var present = LocalInterface.GetAll(_only);
        lock (_lock)
        {
            if (_disposed) return;
            foreach (var (gone, socket) in _senders.Where(pair => !present.Contains(pair.Key)).ToList())
            {
                _senders.Remove(gone);
                socket.Dispose();
            }

            foreach (var local in present)
            {
                if (!_senders.ContainsKey(local) && _receivers.TryGetValue(local.Family, out var receiver) && TryOpen(local, receiver) is { } sender) _senders.Add(local, sender);
            }
        }
    }

    private static Socket? TryOpen(LocalInterface local, Socket receiver)
    {
        try
        {
            Join(receiver, local);
        }
        catch (SocketException)
        {
            // A member already, by another address of the interface; where it cannot join, sending is worth it still.
        }

        var socket = new Socket(local.Family, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(new IPEndPoint(local.Address, 0));
            var level = local.Family == AddressFamily.InterNetworkV6 ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP;
            socket.SetSocketOption(level, SocketOptionName.MulticastTimeToLive, 1);
            socket.SetSocketOption(level, SocketOptionName.MulticastLoopback, true);
            if (local.Family == AddressFamily.InterNetworkV6) socket.SetSocketOption(level, SocketOptionName.MulticastInterface, local.Index);
            else socket.SetSocketOption(level, SocketOptionName.MulticastInterface, local.Address.GetAddressBytes());
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    private static void Join(Socket receiver, LocalInterface local)
    {
        if (local.Family == AddressFamily.InterNetworkV6)
            receiver.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.AddMembership, new IPv6MulticastOption(LocalAnnouncement.Group6, local.Index));
        else
            receiver.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(LocalAnnouncement.Group4, local.Address));
    }
}
