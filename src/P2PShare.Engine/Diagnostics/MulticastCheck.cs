using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace P2PShare.Engine.Diagnostics;

/// <summary>Whether this machine hears its own multicast on an interface. Nothing leaves the machine: the datagram may make no hop.</summary>
internal static class MulticastCheck
{
    // The group of BEP 14, at a port of our own: nobody else listens there.
    private static readonly IPAddress Group = IPAddress.Parse("239.192.152.143");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The IPv4 addresses of the interfaces to look at.</summary>
    public static IReadOnlyList<(string Name, IPAddress Address)> Interfaces(IPAddress? listenAddress)
    {
        var found = new List<(string, IPAddress)>();
        foreach (var adapter in NetworkInterface.GetAllNetworkInterfaces().Where(a => a.OperationalStatus != OperationalStatus.Down && a.SupportsMulticast))
        {
            var address = adapter.GetIPProperties().UnicastAddresses.Select(a => a.Address).FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork);
            if (address is null || (listenAddress is not null ? !address.Equals(listenAddress) : IPAddress.IsLoopback(address))) continue;
            found.Add((adapter.Name, address));
        }

        return found;
    }

    /// <returns>Null when it works, or else why it does not.</returns>
    public static async Task<string?> TryAsync(IPAddress address, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Any, 0));
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(Group, address));
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, address.GetAddressBytes());
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastTimeToLive, 0);
            socket.MulticastLoopback = true;
            var sent = RandomNumberGenerator.GetBytes(16);
            await socket.SendToAsync(sent, new IPEndPoint(Group, ((IPEndPoint)socket.LocalEndPoint!).Port), cancellationToken).ConfigureAwait(false);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(Patience);
            var buffer = new byte[64];
            while (true)
            {
                var got = await socket.ReceiveAsync(buffer, limit.Token).ConfigureAwait(false);
                if (buffer.AsSpan(0, got).SequenceEqual(sent)) return null;
            }
        }
        catch (SocketException error)
        {
            return error.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "what was sent was not heard";
        }
    }
}
