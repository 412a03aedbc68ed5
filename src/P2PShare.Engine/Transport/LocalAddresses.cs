using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Transport;

/// <summary>Where this machine can be dialled, as its own interfaces tell.</summary>
internal static class LocalAddresses
{
    /// <summary>The addresses of interfaces that are up, routable ones first, loopback last, at most 16; just <paramref name="listen"/> when it is given.</summary>
    public static IReadOnlyList<IPEndPoint> Get(IPAddress? listen, int port)
    {
        if (listen is not null && !listen.Equals(IPAddress.Any) && !listen.Equals(IPAddress.IPv6Any)) return [new IPEndPoint(listen, port)];
        IEnumerable<IPAddress> addresses;
        try
        {
            addresses = NetworkInterface.GetAllNetworkInterfaces()
                .Where(network => network.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
                .SelectMany(network => network.GetIPProperties().UnicastAddresses)
                .Select(unicast => unicast.Address);
        }
        catch (NetworkInformationException)
        {
            addresses = [IPAddress.Loopback];
        }

        return [.. addresses
            .Where(address => Addresses.IsUsable(address) && !address.IsIPv6LinkLocal)
            .Where(address => listen is null || address.AddressFamily == listen.AddressFamily)
            .OrderBy(IPAddress.IsLoopback)
            .ThenBy(address => address.AddressFamily == AddressFamily.InterNetworkV6)
            .Select(address => AddressText.Canonical(new IPEndPoint(address, port)))
            .Distinct()
            .Take(16)];
    }
}
