using System.Net;
using System.Net.Sockets;

namespace P2PShare.Engine.Transport;

/// <summary>TCP over IPv6 and IPv4. Kernel buffer autotuning stays on: no buffer size is ever set.</summary>
public sealed class TcpNetwork : INetwork
{
    private const int Backlog = 512;

    public async Task<NetworkConnection> ConnectAsync(DnsEndPoint address, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(address);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Set after the TLS handshake it would cost 44 ms.
            socket.NoDelay = true;
            EndPoint target = IPAddress.TryParse(address.Host, out var ip) ? new IPEndPoint(ip, address.Port) : address;
            await socket.ConnectAsync(target, cancellationToken).ConfigureAwait(false);
            return Wrap(socket);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new IOException(error.Message, error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var address)) return [address];
        try
        {
            return await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false) is { Length: > 0 } found ? found : throw new IOException("the name has no address");
        }
        catch (SocketException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    public INetworkListener Listen(IPAddress? address, int port)
    {
        Socket socket;
        if (address is null && Socket.OSSupportsIPv6)
        {
            socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            address = IPAddress.IPv6Any;
        }
        else
        {
            address ??= IPAddress.Any;
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        }

        try
        {
            // Without it another process may take the port beside us on Windows.
            if (OperatingSystem.IsWindows()) socket.ExclusiveAddressUse = true;
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(Backlog);
            return new TcpListenerSocket(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static TcpConnection Wrap(Socket socket) => new(socket);

    private sealed class TcpConnection(Socket socket)
        : NetworkConnection(new NetworkStream(socket, ownsSocket: true), (IPEndPoint)socket.LocalEndPoint!, (IPEndPoint)socket.RemoteEndPoint!)
    {
        public override async ValueTask<int> PeekByteAsync(CancellationToken cancellationToken)
        {
            var first = new byte[1];
            return await socket.ReceiveAsync(first, SocketFlags.Peek, cancellationToken).ConfigureAwait(false) == 0 ? -1 : first[0];
        }
    }

    private sealed class TcpListenerSocket(Socket socket) : INetworkListener
    {
        public int Port { get; } = ((IPEndPoint)socket.LocalEndPoint!).Port;

        public async Task<NetworkConnection?> AcceptAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                Socket accepted;
                try
                {
                    accepted = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (Exception error) when (error is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted or SocketError.Interrupted })
                {
                    return null;
                }

                try
                {
                    accepted.NoDelay = true;
                    return Wrap(accepted);
                }
                catch (SocketException)
                {
                    // It was reset between the kernel's accept and ours.
                    accepted.Dispose();
                }
            }
        }

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
